package sample

import (
	"strings"

	"kytiem/bundle"
)

// Fault is what was spoilt in a row on purpose, when it is written to a file.
type Fault string

// The faults. Each spoils one column, except FaultDuplicate, which writes the row
// before once more.
const (
	FaultNone      Fault = ""
	FaultLostZero  Fault = "lost-zero" // the number without its leading zero, as spreadsheets leave it
	FaultLetter    Fault = "letter"    // the letter O for a zero in the number
	FaultBirth     Fault = "birth"     // born in the 13th month
	FaultDay       Fault = "day"       // vaccinated on 31 February
	FaultFuture    Fault = "future"    // vaccinated in 2121
	FaultGender    Fault = "gender"    // neither of the two
	FaultDose      Fault = "dose"      // the dose number in words
	FaultBidi      Fault = "bidi"      // a name with a right-to-left override, which shows it reversed
	FaultUnit      Fault = "unit"      // a row of another unit
	FaultDuplicate Fault = "duplicate" // the same person, dose and day again
)

var faults = []Fault{
	FaultLostZero, FaultLetter, FaultBirth, FaultDay, FaultFuture,
	FaultGender, FaultDose, FaultBidi, FaultUnit, FaultDuplicate,
}

// fault draws what to spoil in a result, if anything. What it cannot have (a lost
// zero without a zero, a repetition of nothing or of a spoilt row) becomes FaultDay.
func (g *generator) fault(r *bundle.Result, last *Row) Fault {
	if !g.chance(g.mix.Bad) {
		return FaultNone
	}
	f := draw(g, faults)
	switch {
	case f == FaultLostZero && (r.IDType != bundle.CCCD || r.IDNumber[0] != '0'),
		f == FaultLetter && (r.IDType == bundle.Passport || !strings.Contains(r.IDNumber, "0")),
		f == FaultDuplicate && (last.ExternalID == "" || last.Fault != FaultNone):
		return FaultDay
	}
	return f
}

// spoil changes the cells of a row as the fault says.
func (f Fault) spoil(cells []string) {
	switch f {
	case FaultLostZero:
		cells[columnIDNumber] = cells[columnIDNumber][1:]
	case FaultLetter:
		cells[columnIDNumber] = strings.Replace(cells[columnIDNumber], "0", "O", 1)
	case FaultBirth:
		cells[columnBirthDate] = "05/13/1970"
	case FaultDay:
		cells[columnVaccinatedOn] = "31/02/2021"
	case FaultFuture:
		cells[columnVaccinatedOn] = "01/12/2121"
	case FaultGender:
		cells[columnGender] = "?"
	case FaultDose:
		cells[columnDoseNumber] = "mũi hai"
	case FaultBidi:
		cells[columnFullName] += "\u202eA"
	case FaultUnit:
		cells[columnUnit] = "00001" // phường Phúc Xá, Hà Nội
	case FaultNone, FaultDuplicate:
	}
}
