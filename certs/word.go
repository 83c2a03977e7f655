package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Purpose is what an anchor is for, in the names of the subdirectories that [LoadAnchors] reads.
type Purpose string

// The purposes.
const (
	ForCA     Purpose = "ca"
	ForTSA    Purpose = "tsa"
	ForRemote Purpose = "rs"
)

// Purposes lists the purposes.
func Purposes() []Purpose { return []Purpose{ForCA, ForTSA, ForRemote} }

// ErrNotAuthority is a certificate at which nobody's path could end.
var ErrNotAuthority = errors.New("not the certificate of a certification authority")

// ErrPeriod is a time that ends before it begins.
var ErrPeriod = errors.New("time that ends before it begins")

// Word is what was said of an anchor while the service runs, beside the directory.
type Word struct {
	Certificate *x509.Certificate
	Purposes    []Purpose
	Domain      Domain
	Period      Period
	Removed     bool // it is no anchor, whatever else is said of it
}

// Check says whether the word can be taken: purposes that there are, an authority (RFC 5280, 4.2.1.9) with a key that is
// strong enough, and a period that has days. That a certificate has expired does not speak against it: its time may be past.
func (w Word) Check() error {
	for _, p := range w.Purposes {
		if !slices.Contains(Purposes(), p) {
			return fmt.Errorf("anchor for %.20q: %w", p, ErrUsage)
		}
	}
	cert := w.Certificate
	switch from, until := w.Period.From, w.Period.Until; {
	case len(w.Purposes) == 0:
		return fmt.Errorf("anchor for nothing: %w", ErrUsage)
	case !cert.IsCA || !cert.BasicConstraintsValid || cert.KeyUsage != 0 && cert.KeyUsage&x509.KeyUsageCertSign == 0:
		return fmt.Errorf("certificate %s: %w", Serial(cert), ErrNotAuthority)
	case !from.IsZero() && !until.IsZero() && !until.After(from):
		return fmt.Errorf("anchor %s: %w", Serial(cert), ErrPeriod)
	case w.Domain != "" && !slices.Contains(Domains(), w.Domain):
		return ErrDomain
	}
	return checkKey(cert)
}

// With gives the anchors that result from words about them; a itself stays as it is. What the directory bounds a word can
// narrow and not widen, and where the directory says that an anchor belongs it stays: whoever may write there is above
// whoever speaks here.
func (a Anchors) With(words ...Word) Anchors {
	out := Anchors{CA: slices.Clone(a.CA), TSA: slices.Clone(a.TSA), Remote: slices.Clone(a.Remote),
		Periods: maps.Clone(a.Periods), Domains: maps.Clone(a.Domains), Verified: a.Verified}
	for _, w := range words {
		for purpose, list := range map[Purpose]*[]*x509.Certificate{ForCA: &out.CA, ForTSA: &out.TSA, ForRemote: &out.Remote} {
			there := slices.ContainsFunc(*list, w.Certificate.Equal)
			switch {
			case w.Removed:
				*list = slices.DeleteFunc(*list, w.Certificate.Equal)
			case !there && slices.Contains(w.Purposes, purpose):
				*list = append(*list, w.Certificate)
			}
		}
		if w.Removed {
			continue
		}
		out.bound(w.Certificate, w.Period)
		if _, stated := out.Domains[sha256.Sum256(w.Certificate.Raw)]; !stated {
			_ = out.state(w.Certificate, w.Domain) // nothing else is stated
		}
	}
	return out
}

// PurposesOf lists what a certificate is an anchor for.
func (a Anchors) PurposesOf(cert *x509.Certificate) (found []Purpose) {
	for i, list := range [][]*x509.Certificate{a.CA, a.TSA, a.Remote} {
		if slices.ContainsFunc(list, cert.Equal) {
			found = append(found, Purposes()[i])
		}
	}
	return found
}

// All lists the anchors of every purpose, each once.
func (a Anchors) All() []*x509.Certificate { return distinct(slices.Concat(a.CA, a.TSA, a.Remote)) }
