package attest

import "kytiem/pades"

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
	CountersignBundles Act = "bundles.countersign" // for the organisation, after the head
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
	ReadMissing        Act = "certificates.read_missing" // which units have none
	DeleteEvidence     Act = "evidence.delete"
	ReadLevels         Act = "bundles.read_levels"
	ReadAnchors        Act = "anchors.read"
	WriteAnchors       Act = "anchors.write"
)

// Acts lists every act.
func Acts() []Act {
	return []Act{ImportResults, ReadResults, CorrectResults, ConfirmVaccination, ConfirmIdentity, ProveRecords, SealBundles,
		WithdrawBundles, ReadBundles, ReadPages, SignBundles, CountersignBundles, DrawMinutes, ConfirmMinutes, SupersedeBundles,
		RecallBundles, ReadUnits, WriteUnits, ReadAccounts, WriteAccounts, ReadCertificates, BindCertificates, ReadMissing,
		DeleteEvidence, ReadLevels, ReadAnchors, WriteAnchors}
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
	case CountersignBundles: // Nghị định 30/2020/NĐ-CP, Điều 32: the seal is văn thư's to keep and to apply
		return reach(r, Own, Clerk)
	case WithdrawBundles, SupersedeBundles:
		return reach(r, Own, Health, Head)
	case DrawMinutes:
		return reach(r, Own, Health, Head, Clerk)
	case ConfirmMinutes:
		return reach(r, Own, Head, Clerk)
	case ReadUnits:
		return Everywhere
	case WriteUnits, ReadAccounts, WriteAccounts, ReadAnchors, WriteAnchors:
		return reach(r, Everywhere, Admin)
	case ReadCertificates:
		return max(reach(r, Own, Head, Clerk), reach(r, Below, Monitor), reach(r, Everywhere, Admin))
	case ReadMissing:
		return max(reach(r, Below, Monitor), reach(r, Everywhere, Admin))
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

// Algorithms lists what new signatures may be made with where nothing else is said: RSA by
// either scheme and ECDSA, with a hash of the SHA-2 family (Thông tư 15/2025/TT-BKHCN, Phụ
// lục I). Which RSA scheme a token can do is not the signer's choice, so that both stand.
func Algorithms() []pades.Algorithm {
	return []pades.Algorithm{pades.RS256, pades.RS384, pades.RS512, pades.PS256, pades.PS384, pades.PS512, pades.ES256, pades.ES384, pades.ES512}
}
