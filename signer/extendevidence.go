package signer

import (
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"kytiem/certs"
	"kytiem/pades"
)

// signerPath is the path of the certificate that signed, to an anchor for signers.
func (x *extending) signerPath(cms *pades.CMS, pool []*x509.Certificate, at time.Time) (certs.Path, error) {
	result := cms.Check(0, nil, pades.CheckOptions{})
	if result.Signer == nil || result.Signer.Certificate == nil {
		return nil, ErrNoCertificate
	}
	for _, c := range cms.Certificates {
		if c.Certificate != nil {
			pool = append(pool, c.Certificate)
		}
	}
	paths, err := x.e.Anchors.Paths(x.ctx, x.source(), certs.Signing, result.Signer.Certificate, pool, at)
	if err != nil {
		return nil, fmt.Errorf("signer's certificate: %w", err)
	}
	return paths[0], nil
}

// source is who has issuers' certificates that the signature left out.
func (x *extending) source() certs.RevocationSource {
	if x.e.Evidence == nil {
		return nil
	}
	return x.e.Evidence
}

// gather gathers evidence about the path of a signer, for a signature whose time is proven
// to be at. It is none from before: between answer and signature the certificate could have
// been revoked. Answers state whole seconds.
func (x *extending) gather(path certs.Path, at time.Time) error {
	return x.gatherSince(path, at, at.Truncate(time.Second))
}

func (x *extending) gatherSince(path certs.Path, at, since time.Time) error {
	if x.e.Evidence == nil {
		return certs.ErrOffline
	}
	evidence, err := x.e.Evidence.Evidence(x.ctx, path, at, since)
	if err != nil {
		return err
	}
	x.Evidence = append(x.Evidence, evidence)
	return nil
}

// gatherAuthorities gathers evidence about those who made time-stamps, once about each. It is
// what is current: an authority's list appears by the day or the month, and the next
// time-stamp's evidence will say what became of it.
func (x *extending) gatherAuthorities(stamps []*pades.TimeStamp, pool []*x509.Certificate) error {
	for _, stamp := range stamps {
		if x.known[string(stamp.Authority.Raw)] {
			continue
		}
		paths, err := x.e.Anchors.Paths(x.ctx, x.source(), certs.Stamping, stamp.Authority, slices.Concat(pool, stamp.Certificates), stamp.At)
		if err == nil {
			err = x.gatherSince(paths[0], stamp.At, time.Time{})
		}
		if err != nil {
			return fmt.Errorf("time-stamping authority's certificate: %w", err)
		}
		x.known[string(stamp.Authority.Raw)] = true
	}
	return nil
}

// evidence is all that was gathered, as it is stored.
func (x *extending) evidence() pades.Evidence {
	var add pades.Evidence
	for _, e := range x.Evidence {
		for _, c := range e.Certificates() {
			add.Certs = append(add.Certs, c.Raw)
		}
		add.OCSPs = append(add.OCSPs, e.OCSPs()...)
		add.CRLs = append(add.CRLs, e.CRLs()...)
	}
	return add
}

// settleLapse takes the issuers of the last authority into account: the time-stamp lasts as
// long as the first of their certificates, or of the algorithms that they rest on, does.
func (x *extending) settleLapse() {
	for _, e := range x.Evidence {
		if len(e.Path) == 0 || !e.Path[0].Equal(x.last.Authority) {
			continue
		}
		for i, c := range e.Path {
			believed := certs.Believed(c)
			if i == len(e.Path)-1 { // an anchor is trusted for itself; its own signature proves nothing
				believed = certs.KeyBelieved(c.PublicKey)
			}
			for _, until := range [...]time.Time{c.NotAfter, believed} {
				if until.Before(x.Lapses) {
					x.Lapses = until
				}
			}
		}
	}
}
