// Package verify gives verdicts: on signed PDF documents, on detached signatures,
// on bundle directories and on proofs about single records, in the words of ETSI EN
// 319 102-1 (indication and sub-indication) and in sentences for people, Vietnamese
// and English.
//
// It fails closed. TOTAL_PASSED needs every check to hold: the format, the digests,
// the mathematics, a path to an anchor that was given to it, a certificate fit for
// signing and not revoked when the signature existed, and nothing in the file after
// the signature but what may follow it. What is not understood is INDETERMINATE,
// never passed; a bad document is a verdict with a reason, never an error.
//
// Time is proven, not believed: a signature existed at the validation time, and at
// those of the time-stamps over it that hold. At one of them everything must have been
// in order, by evidence from when its makers were believed.
//
// The package signs nothing, knows no keys and never imports package signer; it
// keeps nothing and opens no connection of its own: whether certificates were
// revoked is asked of the certs.RevocationSource it is given.
package verify
