// Package dossier holds the steps of the main job on a bundle directory, offline:
// [Seal] makes the directory out of a file of results, [Sign] has it signed by a
// key carrier, [DrawMinutes] draws the joint minutes while there is no certificate,
// [Prove] takes one person's result out of it. What the service does on its store,
// this does on files; both rest on the same verbs.
//
// A step leaves a whole directory or none: new files are made beside it and take
// its place at the end. No signature is kept that our own verifier would not accept.
//
// The package decodes no flags, prints nothing, and gives no verdicts of its own.
package dossier

import "errors"

// Why a step is not taken. Nothing is changed then.
var (
	ErrExists        = errors.New("exists already")
	ErrNothingReady  = errors.New("nothing ready to seal")
	ErrNotReady      = errors.New("result is not ready to be sealed")
	ErrSigned        = errors.New("bundle is signed already")
	ErrWrongHolder   = errors.New("certificate is not the unit's or the signatory's")
	ErrNotAccepted   = errors.New("our own verifier does not accept the outcome")
	ErrInterrupted   = errors.New("an earlier step was interrupted and left this directory")
	ErrOutsidePeriod = errors.New("unit not valid at the time of the results")
)
