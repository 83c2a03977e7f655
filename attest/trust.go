package attest

import (
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"

	"kytiem/certs"
	"kytiem/store"
	"kytiem/verify"
)

// DomainPolicy says which trust domains are accepted for which kind of act; nil accepts
// all, and anchors of which nobody stated the domain. What is accepted for a signature has
// to be accepted in verifying, or nothing that is signed would be kept.
type DomainPolicy struct {
	Sign        []certs.Domain // the head's signature
	Countersign []certs.Domain // the organisation's
	Verify      []certs.Domain // whatever is verified, our own signatures among it
}

// Check reports a policy under which something could be signed and would not pass.
func (p DomainPolicy) Check() error {
	for _, accepted := range [][]certs.Domain{p.Sign, p.Countersign} {
		for _, d := range orAll(accepted) {
			if !d.Accepted(p.Verify) {
				return fmt.Errorf("domain %q is accepted for signing and not in verifying: %w", d, ErrDomain)
			}
		}
	}
	return nil
}

// orAll is what a list of accepted domains stands for, of those that can be stated.
func orAll(accepted []certs.Domain) []certs.Domain {
	if len(accepted) == 0 {
		return certs.Domains()
	}
	return accepted
}

// of is what is accepted for an act of signing.
func (p DomainPolicy) of(act Act) []certs.Domain {
	if act == CountersignBundles {
		return p.Countersign
	}
	return p.Sign
}

// trust is what a server holds of the anchors in force.
type trust struct {
	mutex      sync.Mutex
	known      bool
	generation int64
	anchors    certs.Anchors
}

// Trust gives the anchors in force: those that the service was started with, and what was
// said of anchors since, on whichever server. Each use asks the database for the number of
// the last change, which is one short question, so that a change holds everywhere from the
// moment that it is committed. Where the database does not answer there is no trust
// (ErrUnavailable): a withdrawn authority must not pass because of an outage.
func (s *Service) Trust(ctx context.Context) (certs.Anchors, error) {
	generation, err := s.store.Glance().TrustGeneration(ctx)
	if err != nil {
		return certs.Anchors{}, err
	}
	s.trust.mutex.Lock()
	defer s.trust.mutex.Unlock()
	if s.trust.known && s.trust.generation == generation {
		return s.trust.anchors, nil
	}
	err = s.store.Read(ctx, func(v *store.View) error {
		if generation, err = v.TrustGeneration(ctx); err != nil {
			return err
		}
		s.trust.anchors, err = s.trusting(ctx, v)
		return err
	})
	if s.trust.known = err == nil; err != nil {
		return certs.Anchors{}, fmt.Errorf("reading the trust anchors: %w", err)
	}
	s.trust.generation = generation
	return s.trust.anchors, nil
}

// trusting puts together the anchors of one state of the database.
func (s *Service) trusting(ctx context.Context, v *store.View) (certs.Anchors, error) {
	said, err := v.Anchors(ctx)
	if err != nil {
		return certs.Anchors{}, err
	}
	words := make([]certs.Word, len(said))
	for i := range said {
		if words[i], err = wordOf(&said[i]); err != nil {
			return certs.Anchors{}, err
		}
	}
	return s.o.Anchors.With(words...), nil
}

func wordOf(a *store.Anchor) (certs.Word, error) {
	certificate, err := x509.ParseCertificate(a.DER)
	if err != nil {
		return certs.Word{}, fmt.Errorf("anchor %s: %w", a.SHA256, store.ErrCorrupt)
	}
	w := certs.Word{Certificate: certificate, Domain: certs.Domain(a.Domain), Period: certs.Period{From: a.From, Until: a.Until}, Removed: a.Removed}
	for _, p := range a.Purposes {
		w.Purposes = append(w.Purposes, certs.Purpose(p))
	}
	return w, nil
}

// judge is our verifier, judging by the present.
func (s *Service) judge(ctx context.Context) (*verify.Verifier, error) {
	anchors, err := s.Trust(ctx)
	if err != nil {
		return nil, err
	}
	return &verify.Verifier{Anchors: anchors, Domains: s.o.Domains.Verify, Revocation: s.o.Revocation, At: s.now(), Drawn: &s.drawn}, nil
}

// leading finds the path of a signer's certificate to an anchor in force, in a domain that
// is accepted for the act.
func (s *Service) leading(ctx context.Context, act Act, certificates []*x509.Certificate) (certs.Path, error) {
	anchors, err := s.Trust(ctx)
	if err != nil {
		return nil, err
	}
	paths, err := anchors.Paths(ctx, s.source(), certs.Signing, certificates[0], certificates[1:], s.now())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUntrusted, err)
	}
	accepted := s.o.Domains.of(act)
	i := slices.IndexFunc(paths, func(p certs.Path) bool { return anchors.Domain(p[len(p)-1]).Accepted(accepted) })
	if i < 0 {
		domain := anchors.Domain(paths[0][len(paths[0])-1])
		return nil, fmt.Errorf("certificate %s of domain %q: %w", certs.Serial(certificates[0]), cmp.Or(domain, "unstated"), ErrDomain)
	}
	return paths[i], nil
}

// source is who is asked about certificates.
func (s *Service) source() certs.RevocationSource {
	if s.o.Revocation == nil {
		return certs.Offline{}
	}
	return s.o.Revocation
}
