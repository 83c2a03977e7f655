// Package verify gives verdicts: on signed PDF documents, on detached signatures,
// on bundle directories and on proofs about single records, in the words of ETSI EN
// 319 102-1 (indication and sub-indication) and in sentences for people, Vietnamese
// and English.
//
// It fails closed. TOTAL_PASSED needs every check to hold: the format, the digests,
// the mathematics, a path to an anchor that was given to it, a certificate fit for
// signing and not revoked, and nothing in the file that the signature does not
// cover. What this version does not understand (time-stamps, validation data,
// changes after a signature) is INDETERMINATE, never passed; a bad document is a
// verdict with a reason, never an error.
//
// The package signs nothing, knows no keys and never imports package signer; it
// keeps nothing and opens no connection of its own: whether certificates were
// revoked is asked of the certs.RevocationSource it is given.
package verify
