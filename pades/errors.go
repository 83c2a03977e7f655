package pades

import "errors"

// What a document does not have.
var (
	ErrNoPage     = errors.New("no such page")
	ErrNoEmbedded = errors.New("no such attached file")
)

// Why a document is not extended. The first six come from [Prepare], the
// others from [Update.Embed].
var (
	ErrEncrypted    = errors.New("the document is encrypted")
	ErrUnextendable = errors.New("the document cannot be extended")
	ErrFieldFilled  = errors.New("the signature field is signed already")
	ErrField        = errors.New("the field cannot be signed")
	ErrOptions      = errors.New("incomplete signature options")
	ErrAppearance   = errors.New("unusable appearance")

	ErrRevisionChanged = errors.New("the document is not the one that was prepared")
	ErrUpdateChanged   = errors.New("the prepared update is not the one whose digest was signed")
	ErrTooLarge        = errors.New("the CMS is larger than the space reserved for it")
)
