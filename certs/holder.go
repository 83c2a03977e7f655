package certs

import (
	"crypto/x509"
	"slices"
)

// OfPerson reports whether the identifier is a person's: the number of an identity
// document. Organisations have tax and budget codes.
func (i Identifier) OfPerson() bool {
	return i.Scheme == "CCCD" || i.Scheme == "CMND" || i.Scheme == "HC"
}

// Carries reports whether the certificate's subject carries every one of the
// identifiers ("MST:0319303270"), in the sense of [SameIdentifier]. Names are never
// compared: two people share one, and one person writes it in two ways.
func Carries(cert *x509.Certificate, identifiers []string) bool {
	carried := Identifiers(cert)
	for _, want := range identifiers {
		same := func(id Identifier) bool { return SameIdentifier(id.String(), want) }
		if !slices.ContainsFunc(carried, same) {
			return false
		}
	}
	return true
}
