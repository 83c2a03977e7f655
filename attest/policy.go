package attest

// Role is what somebody is to their unit. One account has one role.
type Role string

// The roles. Health and Police confirm each their own part of a result and never the
// other's (Công văn 9438/BYT-CNTT, mục 2); Head is the chair of the People's Committee
// or the head of a facility; Clerk is văn thư; Monitor is CDC and Sở Y tế; Verifier is a
// program that asks about documents; Admin runs the service and sees no results.
const (
	Health   Role = "health"
	Police   Role = "police"
	Head     Role = "head"
	Clerk    Role = "clerk"
	Monitor  Role = "monitor"
	Verifier Role = "verifier"
	Admin    Role = "admin"
)

// Roles lists every role.
func Roles() []Role { return []Role{Health, Police, Head, Clerk, Monitor, Verifier, Admin} }

// OfUnit reports whether accounts with this role belong to a unit.
func (r Role) OfUnit() bool { return r != Verifier && r != Admin }

// Act is something that not everybody may do.
type Act string

// The acts.
const (
	ImportResults      Act = "results.import"
	ReadResults        Act = "results.read"
	CorrectResults     Act = "results.correct"
	ConfirmVaccination Act = "results.confirm_vaccination"
	ConfirmIdentity    Act = "results.confirm_identity"
	ProveRecords       Act = "records.prove"
	SealBundles        Act = "bundles.seal"
	WithdrawBundles    Act = "bundles.withdraw"
	ReadBundles        Act = "bundles.read"
	ReadPages          Act = "bundles.read_pages" // files that hold personal data
	SignBundles        Act = "bundles.sign"
	DrawMinutes        Act = "minutes.draw"
	ConfirmMinutes     Act = "minutes.confirm"
	SupersedeBundles   Act = "bundles.supersede"
	RecallBundles      Act = "bundles.recall"
	ReadUnits          Act = "units.read"
	WriteUnits         Act = "units.write"
	ReadAccounts       Act = "accounts.read"
	WriteAccounts      Act = "accounts.write"
	ReadCertificates   Act = "certificates.read"
	BindCertificates   Act = "certificates.bind"
	DeleteEvidence     Act = "evidence.delete"
	ReadLevels         Act = "bundles.read_levels"
)

// Acts lists every act.
func Acts() []Act {
	return []Act{ImportResults, ReadResults, CorrectResults, ConfirmVaccination, ConfirmIdentity, ProveRecords, SealBundles,
		WithdrawBundles, ReadBundles, ReadPages, SignBundles, DrawMinutes, ConfirmMinutes, SupersedeBundles, RecallBundles,
		ReadUnits, WriteUnits, ReadAccounts, WriteAccounts, ReadCertificates, BindCertificates, DeleteEvidence, ReadLevels}
}

// Reach is over which units a role may do an act.
type Reach int

// The reaches. Below is the own unit and all that lie in it: a commune's police know
// the people of the facilities in it, a province's CDC its communes.
const (
	Nowhere Reach = iota
	Own
	Below
	Everywhere
)

// ReachOf is the one table of who may do what. What does not stand in it is refused.
func ReachOf(r Role, a Act) Reach {
	switch a {
	case ImportResults, CorrectResults, ConfirmVaccination, SealBundles:
		return reach(r, Own, Health)
	case ConfirmIdentity:
		return reach(r, Below, Police)
	case ReadResults, ProveRecords, ReadPages:
		return max(reach(r, Own, Health, Head, Clerk), reach(r, Below, Police), monitoring(r, a))
	case ReadBundles:
		return max(reach(r, Own, Health, Head, Clerk), reach(r, Below, Police, Monitor), reach(r, Everywhere, Admin))
	case SignBundles, RecallBundles:
		return reach(r, Own, Head)
	case WithdrawBundles, SupersedeBundles:
		return reach(r, Own, Health, Head)
	case DrawMinutes:
		return reach(r, Own, Health, Head, Clerk)
	case ConfirmMinutes:
		return reach(r, Own, Head, Clerk)
	case ReadUnits:
		return Everywhere
	case WriteUnits, ReadAccounts, WriteAccounts:
		return reach(r, Everywhere, Admin)
	case ReadCertificates:
		return max(reach(r, Own, Head, Clerk), reach(r, Below, Monitor), reach(r, Everywhere, Admin))
	case ReadLevels:
		return max(reach(r, Own, Head, Clerk), reach(r, Below, Monitor), reach(r, Everywhere, Admin))
	case BindCertificates, DeleteEvidence:
		return max(reach(r, Own, Head), reach(r, Everywhere, Admin))
	}
	return Nowhere
}

// monitoring is what supervisors see of persons: documents and proofs, not the
// worklists.
func monitoring(r Role, a Act) Reach {
	if a == ReadResults {
		return Nowhere
	}
	return reach(r, Below, Monitor)
}

// reach is how far r reaches if it is one of these roles.
func reach(r Role, far Reach, roles ...Role) Reach {
	for _, role := range roles {
		if role == r {
			return far
		}
	}
	return Nowhere
}
