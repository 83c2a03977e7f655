package bundle

import (
	"strings"
)

// Gender is what the population database records.
type Gender string

// The genders, as contract and record write them.
const (
	Male   Gender = "nam"
	Female Gender = "nu"
)

// IDType says which document a person's number comes from.
type IDType string

// The kinds of identity numbers: the citizen identity card (12 digits), the older
// identity card (9 digits, some 12) and a foreign or Vietnamese passport.
const (
	CCCD     IDType = "CCCD"
	CMND     IDType = "CMND"
	Passport IDType = "PASSPORT"
)

// Match is what the population database (or the police) answered about a person,
// in the words of Công văn 9438/BYT-CNTT.
type Match string

// The answers. A wrong person becomes Cleansed after correction and verification.
const (
	Unmatched Match = ""         // not yet asked
	Matched   Match = "dung"     // đúng
	Wrong     Match = "sai"      // sai, with a reason
	Cleansed  Match = "lam-sach" // đã làm sạch
)

// Vietnam is the nationality of citizens (ISO 3166-1 alpha-2).
const Vietnam = "VN"

// Result is one dose given to one person, with what is known about the person's
// identity and about who confirmed which part of it.
type Result struct {
	ExternalID string // the caller's own id; never ours
	Unit       string // code of the unit that attests it

	FullName    string
	Gender      Gender
	BirthDate   Date // may be partial
	IDType      IDType
	IDNumber    string
	Nationality string // ISO 3166-1 alpha-2; empty reads as VN

	DoseNumber   int
	VaccinatedOn Date
	Vaccine      string
	LotNumber    string
	Site         string

	Match       Match
	MatchReason string // why Wrong

	// The two confirmations, each by its own sector (9438 mục 2: health attests the
	// vaccination, police the identity): who gave it; empty while not given.
	HealthConfirmedBy string
	PoliceConfirmedBy string
}

// Citizen reports whether the person is to be treated as Vietnamese.
func (r *Result) Citizen() bool { return r.Nationality == "" || r.Nationality == Vietnam }

// Exempt reports whether the identity check does not apply: only to who has
// another nationality, a passport and no valid 12-digit number (9438 phụ lục mục
// 2: not done for persons who are not Vietnamese).
func (r *Result) Exempt() bool {
	return !r.Citizen() && r.IDType == Passport && r.IDNumber != "" && !IsPersonalNumber(r.IDNumber)
}

// IsPersonalNumber reports whether s has the form of a personal identification
// number: 12 ASCII digits of which the fourth, for century and sex, is 0 to 3 for
// anybody alive (Nghị định 137/2015/NĐ-CP, Điều 13). There is no check digit.
func IsPersonalNumber(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == "" && s[3] <= '3'
}

// Person is a key under which the doses of one person meet: the number of the
// identity document, and for passports also the nationality that issued it.
// Results without a number have no key.
func (r *Result) Person() string {
	switch {
	case r.IDNumber == "":
		return ""
	case r.IDType == Passport:
		return string(r.IDType) + ":" + r.Nationality + ":" + r.IDNumber
	}
	return r.IDNumber
}

// Lack names one reason why a result is not ready to be sealed.
type Lack string

// What a result may lack. The first group is data, the second the identity, the
// third the confirmations.
const (
	LacksName        Lack = "full_name"
	LacksGender      Lack = "gender"
	LacksBirthDate   Lack = "birth_date"
	LacksIDNumber    Lack = "id_number"
	LacksDose        Lack = "dose_number"
	LacksDate        Lack = "vaccinated_on"
	LacksVaccine     Lack = "vaccine"
	LacksMatch       Lack = "match"       // not yet matched
	LacksCleansing   Lack = "cleansing"   // matched and found wrong, not yet cleansed
	LacksHealth      Lack = "health"      // vaccination not confirmed
	LacksPolice      Lack = "police"      // identity not confirmed
	LacksNationality Lack = "nationality" // a passport whose holder's nationality is not stated
)

// Lacks lists what keeps the result from being sealed; an empty list means ready.
// A result is ready when it is complete (the four mandatory fields of 9438, or
// nationality and passport, and the dose), its identity was matched or cleansed or
// is exempt, and both parts are confirmed.
func (r *Result) Lacks() []Lack {
	var lacks []Lack
	need := func(there bool, lack Lack) {
		if !there {
			lacks = append(lacks, lack)
		}
	}
	need(r.FullName != "", LacksName)
	need(r.Gender == Male || r.Gender == Female, LacksGender)
	need(!r.BirthDate.IsZero() && r.BirthDate.Valid(), LacksBirthDate)
	need(r.IDNumber != "" && r.IDType != "", LacksIDNumber)
	need(r.IDType != Passport || r.Nationality != "", LacksNationality)
	need(r.DoseNumber > 0, LacksDose)
	need(r.VaccinatedOn.Complete() && r.VaccinatedOn.Valid(), LacksDate)
	need(r.Vaccine != "", LacksVaccine)
	if !r.Exempt() {
		need(r.Match != Unmatched, LacksMatch)
		need(r.Match != Wrong, LacksCleansing)
	}
	need(r.HealthConfirmedBy != "", LacksHealth)
	need(r.PoliceConfirmedBy != "", LacksPolice)
	return lacks
}

// Identity is how the identity of a sealed record's person was established.
type Identity string

// The ways, as records and manifests count them.
const (
	IdentityMatched  Identity = "matched"
	IdentityCleansed Identity = "cleansed"
	IdentityExempt   Identity = "exempt"
)

// identity says how r's person was established; it is meaningful for ready
// results only.
func (r *Result) identity() Identity {
	switch {
	case r.Exempt():
		return IdentityExempt
	case r.Match == Cleansed:
		return IdentityCleansed
	}
	return IdentityMatched
}
