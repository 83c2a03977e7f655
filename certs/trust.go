package certs

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Use is what a certificate was used for, which says at which anchors its path may end.
type Use int

// The uses. A signer's path ends at an authority for signers or for remote signing.
const (
	Signing Use = iota
	Stamping
)

// ErrClosed is a path whose anchor is not trusted at the time: an authority that has closed, or is not there yet. It is an
// ErrNoPath, too.
var ErrClosed = fmt.Errorf("%w that is trusted at that time", ErrNoPath)

// For lists the anchors of a use.
func (a Anchors) For(use Use) []*x509.Certificate {
	if use == Stamping {
		return a.TSA
	}
	if len(a.Remote) == 0 {
		return a.CA
	}
	return distinct(slices.Concat(a.CA, a.Remote))
}

// IssuerSource finds certificates of issuers that an input left out.
type IssuerSource interface {
	// Issuers gives certificates, of unknown worth, that lead from leaf upwards where known holds none that does. It is
	// safe for concurrent use, asks a bounded number of times, and gives up when ctx is done; nil is that there are none.
	Issuers(ctx context.Context, leaf *x509.Certificate, known []*x509.Certificate) []*x509.Certificate
}

// Paths is [Paths] to the anchors of a use: each path stays within one trust domain and ends at an anchor that is
// trusted at the time at, or the error is a *LinkError that wraps ErrClosed. Where there is no path at all and source is an
// [IssuerSource], it is asked for what is missing. source may be nil.
func (a Anchors) Paths(ctx context.Context, source RevocationSource, use Use, leaf *x509.Certificate, pool []*x509.Certificate, at time.Time) ([]Path, error) {
	ends := a.For(use)
	paths, err := a.paths(leaf, pool, ends, at)
	issuers, asks := source.(IssuerSource)
	if len(ends) == 0 || !asks || !errors.Is(err, ErrNoPath) || errors.Is(err, ErrClosed) {
		return paths, err
	}
	found := issuers.Issuers(ctx, leaf, slices.Concat(pool, ends))
	if len(found) == 0 {
		return paths, err
	}
	return a.paths(leaf, slices.Concat(pool, found), ends, at)
}

func (a Anchors) paths(leaf *x509.Certificate, pool, ends []*x509.Certificate, at time.Time) ([]Path, error) {
	paths, err := (&search{borders: a.borders(), verified: a.Verified}).paths(leaf, pool, ends, at)
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		if anchor := path[len(path)-1]; !a.Period(anchor).Holds(at) {
			err = &LinkError{Path: path, Index: len(path) - 1, Err: fmt.Errorf("trust anchor %s at %s: %w", Serial(anchor), at.UTC().Format(time.RFC3339), ErrClosed)}
			paths[i] = nil
		}
	}
	if paths = slices.DeleteFunc(paths, func(p Path) bool { return p == nil }); len(paths) == 0 {
		return nil, err
	}
	return paths, nil
}
