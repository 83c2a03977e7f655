package attest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/store"
)

// MaxAnchors bounds what can be said of anchors: every path is sought among them.
const MaxAnchors = 200

// Anchor is a trust anchor, or a certificate that was one.
type Anchor struct {
	SHA256    store.Digest
	DER       []byte
	Purposes  []certs.Purpose // in force; none where it was removed
	Domain    certs.Domain
	Period    certs.Period
	Directory bool      // it is one of those that this server was started with
	ChangedAt time.Time // when something was said of it last; zero: never
}

// AnchorOrder is what is to be said of an anchor. Said again, it takes the place of what
// was said before. What the directory bounds is never widened by it.
type AnchorOrder struct {
	DER      []byte
	Purposes []certs.Purpose
	Domain   certs.Domain // empty states none
	Period   certs.Period
	Reason   string
}

// Anchors lists the trust anchors in force, and those that were removed while the service
// runs.
func (s *Service) Anchors(ctx context.Context, who Actor) ([]Anchor, error) {
	if err := s.may(ctx, who, ReadAnchors, "", ""); err != nil {
		return nil, err
	}
	return view(ctx, s, func(v *store.View) ([]Anchor, error) { return s.anchorsOf(ctx, v) })
}

func (s *Service) anchorsOf(ctx context.Context, v *store.View) ([]Anchor, error) {
	said, err := v.Anchors(ctx)
	if err != nil {
		return nil, err
	}
	anchors, err := s.trusting(ctx, v)
	if err != nil {
		return nil, err
	}
	certificates := append(s.o.Anchors.All(), anchors.All()...)
	changed := make(map[store.Digest]time.Time, len(said))
	for i := range said {
		changed[said[i].SHA256] = said[i].ChangedAt
		w, err := wordOf(&said[i])
		if err != nil {
			return nil, err
		}
		certificates = append(certificates, w.Certificate)
	}
	var found []Anchor
	listed := make(map[store.Digest]bool)
	for _, c := range certificates {
		sum := store.Digest(sha256.Sum256(c.Raw))
		if listed[sum] {
			continue
		}
		listed[sum] = true
		found = append(found, Anchor{SHA256: sum, DER: c.Raw, Purposes: anchors.PurposesOf(c), Domain: anchors.Domain(c), Period: anchors.Period(c),
			Directory: len(s.o.Anchors.PurposesOf(c)) > 0, ChangedAt: changed[sum]})
	}
	slices.SortFunc(found, func(a, b Anchor) int { return strings.Compare(a.SHA256.String(), b.SHA256.String()) })
	return found, nil
}

// AddAnchor makes the certificate of an authority a trust anchor on every server, from the
// moment of its commit, or changes for what and when it is one.
func (s *Service) AddAnchor(ctx context.Context, who Actor, o AnchorOrder) (Anchor, error) {
	if err := s.may(ctx, who, WriteAnchors, "", ""); err != nil {
		return Anchor{}, err
	}
	if err := reasoned(o.Reason, ""); err != nil {
		return Anchor{}, err
	}
	if len(o.DER) > maxCertificatesBytes {
		return Anchor{}, fmt.Errorf("anchor of %d bytes: %w", len(o.DER), bundle.ErrTooLarge)
	}
	certificate, err := x509.ParseCertificate(o.DER)
	if err != nil {
		return Anchor{}, fmt.Errorf("reading the anchor: %w", bundle.ErrMalformed)
	}
	slices.Sort(o.Purposes)
	o.Purposes = slices.Compact(o.Purposes)
	for _, end := range [...]*time.Time{&o.Period.From, &o.Period.Until} {
		*end = end.Truncate(time.Second)
	}
	word := certs.Word{Certificate: certificate, Purposes: o.Purposes, Domain: o.Domain, Period: o.Period}
	if err := word.Check(); err != nil {
		return Anchor{}, err
	}
	if was := s.o.Anchors.Domain(certificate); was != "" && o.Domain != "" && was != o.Domain {
		return Anchor{}, fmt.Errorf("anchor of the domain %s by the directory: %w", was, ErrConflict)
	}
	a := store.Anchor{SHA256: sha256.Sum256(o.DER), DER: o.DER, Domain: string(o.Domain), From: o.Period.From, Until: o.Period.Until}
	for _, p := range o.Purposes {
		a.Purposes = append(a.Purposes, string(p))
	}
	return s.say(ctx, who, "anchors.add", o.Reason, a.SHA256, func([]store.Anchor) (store.Anchor, error) { return a, nil })
}

// RemoveAnchor takes an anchor out of force on every server, the directory's too. With the
// time since when it is not trusted, what is proven to be from before still passes, as
// with an authority that closed; without, nothing does, as with one that should never have
// been here. Nothing is deleted: it can be added again.
func (s *Service) RemoveAnchor(ctx context.Context, who Actor, sum store.Digest, since time.Time, reason string) (Anchor, error) {
	if err := s.may(ctx, who, WriteAnchors, "", sum.String()); err != nil {
		return Anchor{}, err
	}
	if err := reasoned(reason, ""); err != nil {
		return Anchor{}, err
	}
	return s.say(ctx, who, "anchors.remove", reason, sum, func(said []store.Anchor) (store.Anchor, error) {
		a := store.Anchor{SHA256: sum}
		if i := slices.IndexFunc(said, func(a store.Anchor) bool { return a.SHA256 == sum }); i >= 0 {
			a = said[i]
		} else if a.DER, a.Purposes = s.shipped(sum); a.DER == nil {
			return a, fmt.Errorf("anchor %s: %w", sum, ErrNotFound)
		}
		if a.Removed = since.IsZero(); !a.Removed {
			a.Until = since.UTC().Truncate(time.Second)
		}
		if !a.From.IsZero() && !a.Until.IsZero() && !a.Until.After(a.From) { // of no time at all
			a.Removed = true
		}
		return a, nil
	})
}

// shipped is an anchor of the directory, and what it is for there.
func (s *Service) shipped(sum store.Digest) (der []byte, purposes []string) {
	for _, c := range s.o.Anchors.All() {
		if sha256.Sum256(c.Raw) != sum {
			continue
		}
		for _, p := range s.o.Anchors.PurposesOf(c) {
			purposes = append(purposes, string(p))
		}
		return c.Raw, purposes
	}
	return nil, nil
}

// say writes what is said of an anchor from now on, with the fingerprints of all that was
// said before and after. What changes nothing is not noted.
func (s *Service) say(ctx context.Context, who Actor, act, reason string, sum store.Digest, decide func([]store.Anchor) (store.Anchor, error)) (Anchor, error) {
	return step(ctx, s, who, func(tx *store.Tx) (Anchor, error) {
		if err := tx.ChangeTrust(ctx); err != nil {
			return Anchor{}, err
		}
		before, err := tx.Anchors(ctx)
		if err != nil {
			return Anchor{}, err
		}
		a, err := decide(before)
		if err == nil && len(before) >= MaxAnchors && !slices.ContainsFunc(before, func(b store.Anchor) bool { return b.SHA256 == sum }) {
			err = fmt.Errorf("%d anchors: %w", len(before), ErrTooMany)
		}
		if err == nil {
			err = tx.PutAnchor(ctx, a)
		}
		if err != nil {
			return Anchor{}, err
		}
		after, err := tx.Anchors(ctx)
		if err != nil {
			return Anchor{}, err
		}
		if was, is := fingerprint(before), fingerprint(after); was != is {
			why, err := keepText(ctx, tx, "reason", reason)
			if err == nil {
				err = tx.Audit(act, who.Account, "", sum.String(), append(factsOfAnchor(&a), why, audit.ID("before", was.String()), audit.ID("after", is.String()))...)
			}
			if err != nil {
				return Anchor{}, err
			}
		}
		return s.anchorOf(ctx, &tx.View, sum)
	})
}

func (s *Service) anchorOf(ctx context.Context, v *store.View, sum store.Digest) (Anchor, error) {
	all, err := s.anchorsOf(ctx, v)
	if err != nil {
		return Anchor{}, err
	}
	i := slices.IndexFunc(all, func(a Anchor) bool { return a.SHA256 == sum })
	if i < 0 {
		return Anchor{}, fmt.Errorf("anchor %s: %w", sum, ErrNotFound)
	}
	return all[i], nil
}

// factsOfAnchor are what was said, for the chain.
func factsOfAnchor(a *store.Anchor) []audit.Fact {
	facts := []audit.Fact{audit.ID("purposes", strings.Join(a.Purposes, "+"))}
	if a.Domain != "" {
		facts = append(facts, audit.ID("domain", a.Domain))
	}
	for name, at := range map[string]time.Time{"trusted_from": a.From, "trusted_until": a.Until} {
		if !at.IsZero() {
			facts = append(facts, audit.ID(name, rfc3339(at)))
		}
	}
	if a.Removed {
		facts = append(facts, audit.Count("removed", 1))
	}
	return facts
}

// fingerprint is the SHA-256 of all that was said of anchors while the service runs: one
// line each, in the order of their digests, of digest, purposes, domain, the ends of the
// period and whether it was removed.
func fingerprint(said []store.Anchor) store.Digest {
	var lines strings.Builder
	for i := range said {
		a := &said[i]
		fmt.Fprintf(&lines, "%x %s %s %s/%s %t\n", sha256.Sum256(a.DER), strings.Join(a.Purposes, "+"), a.Domain, instantOrNone(a.From), instantOrNone(a.Until), a.Removed)
	}
	return sha256.Sum256([]byte(lines.String()))
}

func instantOrNone(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return rfc3339(t)
}
