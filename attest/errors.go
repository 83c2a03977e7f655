package attest

import (
	"errors"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/store"
)

// Why a step is not taken; nothing has happened then. What is wrong with an input is
// said by the errors of the packages that read it: intake, signer, certs, minutes,
// bundle.
var (
	ErrUnauthenticated = errors.New("not signed in")
	ErrForbidden       = errors.New("not for this role")
	ErrNotFound        = store.ErrNotFound
	ErrConflict        = store.ErrConflict
	ErrStale           = store.ErrStale
	ErrUnavailable     = store.ErrUnavailable
	ErrText            = store.ErrText
	ErrCursor          = store.ErrCursor
	ErrKeyBody         = store.ErrKeyBody
	ErrKeyBusy         = store.ErrKeyBusy
	ErrKeySpent        = store.ErrKeySpent

	ErrMove         = bundle.ErrMove // not in this state
	ErrTooLarge     = bundle.ErrTooLarge
	ErrNothingReady = dossier.ErrNothingReady
	ErrNotAccepted  = dossier.ErrNotAccepted
	ErrWrongHolder  = dossier.ErrWrongHolder
	ErrUnsigned     = dossier.ErrUnsigned
	ErrSigned       = dossier.ErrSigned
	ErrPerson       = dossier.ErrPerson

	ErrInBundle       = errors.New("result is in a bundle")
	ErrPart           = errors.New("not a part that can be confirmed so")
	ErrField          = errors.New("not a field that can be corrected")
	ErrRole           = errors.New("no such role, or not with or without a unit")
	ErrDrawing        = errors.New("bundle is still being drawn")
	ErrRequestOpen    = errors.New("another signing request is open for this bundle")
	ErrRequestClosed  = errors.New("signing request is closed")
	ErrRevised        = errors.New("document got another revision since the signature was prepared")
	ErrAlgorithm      = errors.New("signature algorithm is not accepted here")
	ErrCarrier        = errors.New("no such carrier of keys")
	ErrUnbound        = errors.New("certificate is not bound to this account and unit")
	ErrBoundElsewhere = errors.New("certificate is bound to another account")
	ErrUntrusted      = errors.New("certificate does not lead to a trust anchor")
	ErrDomain         = errors.New("trust domain is not accepted for this act")
	ErrKeyAway        = errors.New("the service's own key is not at hand") // try again later
	ErrNoItem         = errors.New("no such item in the signing request")
	ErrNotScan        = errors.New("not a PDF that can be kept as the scan")
	ErrNoMinutes      = errors.New("no minutes were drawn for this bundle")
	ErrUnreadable     = errors.New("neither a PDF nor a signature nor a proof")
	ErrNoRevision     = errors.New("no signature covers such a revision")
	ErrPassword       = errors.New("not a password of the document")
	ErrNoKey          = errors.New("the service has no key of its own")
	ErrReason         = errors.New("a reason is needed")
	ErrTooMany        = errors.New("too many at once")
	ErrNumberTaken    = errors.New("another document stands under this number")
	ErrDocumentDate   = errors.New("not a day on which the document can be dated")
	ErrDocumentSigned = errors.New("document is signed already, and says otherwise")
	ErrHeld           = errors.New("what is ready stands in a bundle in force")
)
