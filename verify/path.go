package verify

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"kytiem/certs"
)

// question is what is asked about a certificate that signed.
type question struct {
	leaf  *x509.Certificate
	use   certs.Use
	usage func(*x509.Certificate) error
	// proofs are times at which the signature is proven to have existed, earliest first;
	// the last is the validation time.
	proofs []time.Time
	// made is when it was made by its own word, which counts against it only; zero if it
	// does not say.
	made time.Time
	// asOf is, of a time-stamp, the time that it states: how its certificate stood then is
	// what its authority is asked about, where the token is not proven to be older than now.
	asOf time.Time
}

// answer is what came of it: checks, and what they rest on.
type answer struct {
	checks     checks
	holds      bool
	at         time.Time // at which everything held
	path       certs.Path
	revocation []certs.Revocation
	carried    bool // all of revocation came with the input
}

// maxProofs bounds the times that one certificate is judged at.
const maxProofs = 16

// ask judges a certificate at the earliest time at which the signature is proven to have
// existed, and, if something is wrong or unknown then, at the later ones: what held at
// any of them is no less true today (EN 319 102-1, 5.5 and 5.6). It is the sliding of
// 5.6.2.2 the other way round: instead of lowering a control time from now until the
// revocation data fit and looking whether a proof is left below it, every proof is held
// against the data that fit it, and these against the time until when their issuers are
// believed.
func (e *evidence) ask(ctx context.Context, q question) answer {
	var first answer
	if len(q.proofs) > maxProofs { // a thousand time-stamps prove no more than the earliest few
		q.proofs = append(slices.Clone(q.proofs[:maxProofs-1]), q.proofs[len(q.proofs)-1])
	}
	for i, at := range q.proofs {
		if i > 0 && ctx.Err() != nil {
			return first
		}
		a := e.askAt(ctx, q, at)
		if a.holds {
			return a
		}
		if i == 0 {
			first = a
		}
		if at.Before(q.leaf.NotBefore) {
			return first // it existed before its certificate did: no later time mends that
		}
	}
	return first
}

// askAt applies the rules on a certificate at one time: usage (R-X3), strength (R-X4), a
// path to an anchor (R-X1) within its validity (R-X2), and revocation (R-X5); Thông tư
// 15/2025/TT-BKHCN, Phụ lục II, 1.1-1.4.
func (e *evidence) askAt(ctx context.Context, q question, at time.Time) answer {
	a := answer{at: at}
	c := &a.checks
	if err := q.usage(q.leaf); err != nil {
		c.fail("R-X3", ChainConstraintsFailure, "", err.Error())
	} else {
		c.held("R-X3")
	}
	if err := certs.CheckStrength(q.leaf); err != nil {
		c.fail("R-X4", CryptoConstraintsFailure, "", err.Error())
	}
	paths, err := e.pathsOf(ctx, q, at)
	if err != nil {
		a.path = e.failPath(c, q, at, err)
		return a
	}
	// Cross-certificates give several; the shortest that holds is as good as any.
	for i, path := range paths[:min(len(paths), 4)] {
		further := answer{at: at, checks: append(make(checks, 0, 16), a.checks...)}
		e.askPath(ctx, q, &further, path)
		if i == 0 || gravest(further.checks) == "" {
			a = further
		}
		if gravest(further.checks) == "" {
			a.holds = true
			break
		}
	}
	return a
}

// failPath notes why there is no path that holds (EN 319 102-1, 5.2.6).
func (e *evidence) failPath(c *checks, q question, at time.Time, err error) certs.Path {
	var path certs.Path
	if link := (*certs.LinkError)(nil); errors.As(err, &link) {
		path = link.Path
	}
	switch {
	case errors.Is(err, certs.ErrClosed):
		c.fail("R-X1", NoCertificateChainFoundNoPOE, "cert.anchor_closed", err.Error())
	case errors.Is(err, certs.ErrNoPath):
		c.fail("R-X1", NoCertificateChainFound, "", err.Error())
		e.ownRoot(c, q, at)
	case at.Before(q.leaf.NotBefore) && at.Before(e.v.At):
		c.fail("R-X2", NotYetValid, "", err.Error())
	case errors.Is(err, certs.ErrExpired), errors.Is(err, certs.ErrNotYetValid):
		c.fail("R-X2", OutOfBoundsNoPOE, "", err.Error())
	case errors.Is(err, certs.ErrWeak):
		c.fail("R-X4", CryptoConstraintsFailure, "", err.Error())
	case errors.Is(err, certs.ErrConstraints):
		c.fail("R-X1", ChainConstraintsFailure, "", err.Error())
	default:
		c.fail("R-X1", CertificateChainGeneral, "", err.Error())
	}
	return path
}

// ownRoot says where a signature brings a root of its own (R-C9): readers that take such
// a one for trusted, since the path ends there, would believe anybody.
func (e *evidence) ownRoot(c *checks, q question, at time.Time) {
	var roots []*x509.Certificate
	for _, cert := range e.pool {
		if cert.IsCA && bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			roots = append(roots, cert)
		}
	}
	if len(roots) == 0 || len(roots) > maxOwnRoots {
		return
	}
	if _, err := certs.Paths(q.leaf, e.pool, roots, at); err == nil {
		c.fail("R-C9", NoCertificateChainFound, "", "the path ends at a root that came with the signature, which nobody here trusts")
	}
}

const maxOwnRoots = 16

// askPath applies the rules on one path whose certificates are all in force at the time
// asked about.
func (e *evidence) askPath(ctx context.Context, q question, a *answer, path certs.Path) {
	a.path = path
	c := &a.checks
	anchor := path[len(path)-1]
	period := e.v.Anchors.Period(anchor)
	if !e.askDomain(c, q, anchor) {
		return
	}
	c.held("R-X2", "R-C9")
	e.askStrength(q, a, path)
	if len(path) == 1 {
		e.askAnchored(c, q, a.at)
	}

	e.askAhead(ctx, q, path, a.at)
	believed := forever // until when the issuers of what is looked at are
	if !period.Until.IsZero() {
		believed = period.Until
	}
	believed = earliest(believed, anchor.NotAfter)
	a.carried = true
	a.revocation = make([]certs.Revocation, len(path)-1)
	states := make([]checks, len(path)-1)
	for i := len(path) - 2; i >= 0; i-- {
		// Whoever has the key of an authority that is no longer believed can make a
		// certificate for a key that fits any signature. That a signature names its
		// certificate by hash is no proof against it, since that is signed by the same key.
		if !e.existed(path[i].Raw, believed) {
			c.fail("R-X7", NoPOE, "cert.unproven", "certificate "+certs.Serial(path[i])+" not proven to be from before its issuer expired or was revoked")
		}
		r, carried, err := e.status(ctx, q, path, i, a.at, believed)
		a.revocation[i] = r
		a.carried = a.carried && carried
		states[i].state(q, a.at, i, r, err)
		e.answers(&states[i], q, path, i, a.at, r, carried)
		believed = earliest(believed, path[i].NotAfter)
		if r.Status != certs.Good && !r.RevokedAt.IsZero() {
			believed = earliest(believed, r.RevokedAt)
		}
	}
	for _, state := range states {
		*c = append(*c, state...)
	}
	c.held("R-X7")
}

// askDomain names the trust domain that the path ends in, and holds it against those that are accepted for signatures;
// which authorities' time-stamps are believed is said by their anchors alone.
func (e *evidence) askDomain(c *checks, q question, anchor *x509.Certificate) bool {
	domain := e.v.Anchors.Domain(anchor)
	named := "of no stated trust domain"
	if domain != "" {
		named = "of the trust domain " + string(domain)
	}
	if q.use == certs.Signing && !domain.Accepted(e.v.Domains) {
		c.fail("R-X1", ChainConstraintsFailure, "cert.domain", "trust anchor "+certs.Serial(anchor)+" is "+named+", which is not accepted here")
		return false
	}
	c.ok("R-X1", "path to a trust anchor "+named)
	return true
}

// since is from when on an answer about a certificate says enough: from the time asked
// about or, of a time-stamp, from when it was made.
func (q question) since(at time.Time) time.Time {
	if !q.asOf.IsZero() && q.asOf.Before(at) {
		return q.asOf
	}
	return at
}

// forever is later than any time that is compared with it.
var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// askStrength holds the algorithms of the path against the time (R-X4): what has become
// weak is believed where it is proven to be from before (EN 319 102-1, 5.6.2.2).
func (e *evidence) askStrength(q question, a *answer, path certs.Path) {
	for i, cert := range path {
		until := certs.Believed(cert)
		if i == len(path)-1 && i > 0 { // an anchor's own signature is nothing that trust rests on
			until = certs.KeyBelieved(cert.PublicKey)
		}
		if a.at.After(until) && !until.IsZero() {
			a.checks.fail("R-X4", CryptoConstraintsFailureNoPOE, "cert.aged",
				fmt.Sprintf("certificate %s: algorithm or key believed until %s", certs.Serial(cert), until.Format(time.DateOnly)))
			return
		}
	}
	a.checks.held("R-X4")
}

// state notes what was learnt about the certificate at i. What cannot be learnt is
// TRY_LATER, never good; so is a certificate on hold (EN 319 102-1, 5.2.6.4).
func (c *checks) state(q question, at time.Time, i int, r certs.Revocation, err error) {
	revoked := RevokedCANoPOE
	if i == 0 {
		revoked = RevokedNoPOE
	}
	switch {
	case err == nil && r.Status != certs.Good && i == 0 && !q.made.IsZero() && !q.made.Before(r.RevokedAt):
		c.fail("R-X5", revoked, "", "certificate "+r.Serial+" was revoked before the claimed signing time")
	case err == nil && r.Status != certs.Good:
		c.warn("R-X5", "cert.revoked_later", "certificate "+r.Serial+" was revoked since, at "+r.RevokedAt.UTC().Format(time.RFC3339))
	case err == nil:
		c.ok("R-X5", "certificate "+r.Serial+" not revoked")
	case errors.Is(err, certs.ErrRevoked):
		c.fail("R-X5", revoked, "", err.Error())
	case errors.Is(err, certs.ErrSuspended):
		c.fail("R-X5", TryLater, "cert.suspended", err.Error())
	case errors.Is(err, certs.ErrTooLarge) && r.Cause == nil:
		c.fail("R-P9", TryLater, "limit", "RESOURCE_LIMIT: "+err.Error())
	case errors.Is(err, errNoProof):
		c.fail("R-X7", RevocationOutOfBoundsNoPOE, "cert.unproven", err.Error())
	default:
		c.fail("R-X5", TryLater, "", err.Error())
	}
}

// askAnchored looks at a signer's certificate that is itself an anchor: nobody above it
// is known who could say that it was revoked. Answers in the input that name it cannot
// be checked, and so count against it only (R-X7).
func (e *evidence) askAnchored(c *checks, q question, at time.Time) {
	if q.leaf.IsCA {
		return
	}
	named, fitting := false, false
	for _, r := range e.stock.Unchecked(q.leaf) {
		named = true
		if r.Status != certs.Good && !at.Before(r.RevokedAt) {
			c.fail("R-X7", RevokedNoPOE, "", "an answer that comes with the signature says that certificate "+r.Serial+" was revoked")
			return
		}
		fitting = fitting || r.Status != certs.Good || e.speaks(q, r, 0, at)
	}
	if named && !fitting {
		c.fail("R-X7", TryLater, "cert.unproven", "the answers about certificate "+certs.Serial(q.leaf)+" that come with the signature are not of its time")
	}
}
