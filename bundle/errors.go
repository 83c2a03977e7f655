package bundle

import "errors"

// What can be wrong with a date or a unit.
var (
	ErrDate          = errors.New("not a calendar date")
	ErrUnitUnknown   = errors.New("no such unit")
	ErrUnitAmbiguous = errors.New("code of several units")
	ErrUnitOverlap   = errors.New("two units with one code at one time")
)

// What can be wrong with canonical bytes, records, manifests and proofs.
var (
	ErrNotCanonical = errors.New("not in canonical form (RFC 8785)")
	ErrVersion      = errors.New("version unknown to this program")
	ErrMalformed    = errors.New("malformed")
	ErrTooLarge     = errors.New("over the size limit")
	ErrNoRecord     = errors.New("no record with this id")
	ErrNoField      = errors.New("no field of this name")
	ErrProof        = errors.New("proof does not lead to the root")
	ErrNotReady     = errors.New("result not ready to be sealed")
	ErrMove         = errors.New("not a legal move from this state")
)
