package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"kytiem/certs"
	"kytiem/pades"
)

// evidence is what is at hand to judge the certificates of one input with, and since
// when each piece of it is proven to exist: the certificates and revocation data that
// the input carries, the time-stamps that were found to hold, and, where those do not
// answer, the source the verifier was given.
type evidence struct {
	v *Verifier

	pool   []*x509.Certificate
	stock  certs.Stock
	items  map[[sha256.Size]byte]*item
	raw    pades.Evidence // as it came, for the full report
	tokens [][]byte       // time-stamps that were judged, likewise

	built map[wanted]built // of path building, see pathsOf

	stamps   []stamp   // document time-stamps that hold
	archived []archive // archive time-stamps of a CMS that hold

	mu    sync.Mutex
	asked map[link]certs.Revocation // of the verifier's source
}

// link is a certificate and its issuer.
type link struct{ cert, issuer *x509.Certificate }

// live asks the verifier's source, once about each certificate.
func (e *evidence) live(ctx context.Context, cert, issuer *x509.Certificate) certs.Revocation {
	e.mu.Lock()
	known, ok := e.asked[link{cert, issuer}]
	e.mu.Unlock()
	if ok {
		return known
	}
	source := e.v.Revocation
	if source == nil {
		source = certs.Offline{}
	}
	answer := source.Revocation(ctx, cert, issuer, e.v.At)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asked == nil {
		e.asked = map[link]certs.Revocation{}
	}
	e.asked[link{cert, issuer}] = answer
	return answer
}

// askAhead asks the source at once about all certificates of a path about which the
// input says nothing that fits: one after the other, silent services would take the
// time of the input several times.
func (e *evidence) askAhead(ctx context.Context, q question, path certs.Path, at time.Time) {
	var open []int
	for i := range len(path) - 1 {
		answers, err := e.stock.About(path[i], path[i+1])
		if err == nil && !slices.ContainsFunc(answers, func(a certs.Revocation) bool { return e.speaks(q, a, i, at) }) {
			open = append(open, i)
		}
	}
	var asking sync.WaitGroup
	for n, i := range open {
		if n == len(open)-1 { // where one remains, nothing is gained by waiting for another goroutine
			e.live(ctx, path[i], path[i+1])
			break
		}
		asking.Go(func() { e.live(ctx, path[i], path[i+1]) })
	}
	asking.Wait()
}

// item is one certificate, CRL or OCSP response that the input carries.
type item struct {
	revision int // the first whose bytes hold it; a document time-stamp of it or a later one covers it
}

// stamp is a document time-stamp that holds: everything up to its revision existed at
// its time.
type stamp struct {
	revision int
	at       time.Time
}

// archive is an archive time-stamp that holds, with the SHA-256 of what its index
// names.
type archive struct {
	at     time.Time
	covers map[[sha256.Size]byte]bool
}

func (v *Verifier) evidence() *evidence {
	return &evidence{v: v, items: map[[sha256.Size]byte]*item{}}
}

// Limits on what one input may bring: each certificate is a candidate on paths.
const maxPool = 1000

// add takes in what a CMS or a security store carries. revision is the first that holds
// it. read are the first of the certificates, where they have been parsed already.
func (e *evidence) add(carried pades.Evidence, revision int, read ...pades.CMSCertificate) {
	for i, der := range carried.Certs {
		if !e.enter(der, revision) || len(e.pool) == maxPool {
			continue
		}
		e.raw.Certs = append(e.raw.Certs, der)
		if i < len(read) && read[i].Certificate != nil {
			e.pool = append(e.pool, read[i].Certificate)
			continue
		}
		// What does not parse is no part of a path; it is a hint like all others.
		if cert, err := x509.ParseCertificate(der); err == nil {
			e.pool = append(e.pool, cert)
		}
	}
	for _, der := range carried.CRLs {
		if e.enter(der, revision) {
			e.raw.CRLs = append(e.raw.CRLs, der)
			e.stock.AddCRL(der)
		}
	}
	for _, der := range carried.OCSPs {
		if e.enter(der, revision) {
			e.raw.OCSPs = append(e.raw.OCSPs, der)
			e.stock.AddOCSP(der)
		}
	}
}

// enter notes where a value stands; it reports whether it was new.
func (e *evidence) enter(der []byte, revision int) bool {
	sum := sha256.Sum256(der)
	if known := e.items[sum]; known != nil {
		known.revision = min(known.revision, revision)
		return false
	}
	e.items[sum] = &item{revision: revision}
	return true
}

// strays reports whether something that came along is not as its issuer made it.
func (e *evidence) strays() bool {
	return len(e.pool) != len(e.raw.Certs) ||
		len(e.stock.Strays(e.pool, e.v.Anchors.All())) > 0
}

// addCMS takes in what a CMS carries, and what the time-stamps in it carry. revision is
// the first that a time-stamp of covers it.
func (e *evidence) addCMS(cms *pades.CMS, revision int) {
	e.add(cms.Evidence(), revision, cms.Certificates...)
	for i := range cms.Signers {
		s := &cms.Signers[i]
		for _, list := range [][][]byte{s.TimeStamps(), s.ArchiveTimeStamps(), s.ContentTimeStamps()} {
			for _, token := range few(list) {
				e.addToken(token, revision)
			}
		}
	}
}

func (e *evidence) addToken(token []byte, revision int) {
	if inner, err := pades.ParseCMS(token); err == nil {
		e.add(inner.Evidence(), revision, inner.Certificates...)
	}
}

// addStores takes in the security stores of a document: the last, and those that a
// signature or time-stamp found, since a later one may have left things out.
func (e *evidence) addStores(file *pades.File, signatures []pades.Signature) error {
	last := len(file.Revisions()) - 1
	revisions := []int{last}
	for _, s := range signatures {
		if s.Revision != revisions[len(revisions)-1] {
			revisions = append(revisions, s.Revision)
		}
	}
	for _, rev := range revisions {
		dss, err := file.DSS(rev)
		if err != nil {
			return err
		}
		if dss == nil {
			continue
		}
		for _, s := range dss.Certs {
			e.add(pades.Evidence{Certs: [][]byte{s.DER}}, s.Revision)
		}
		for _, s := range dss.CRLs {
			e.add(pades.Evidence{CRLs: [][]byte{s.DER}}, s.Revision)
		}
		for _, s := range dss.OCSPs {
			e.add(pades.Evidence{OCSPs: [][]byte{s.DER}}, s.Revision)
		}
		for _, vri := range dss.VRI {
			for _, s := range vri.Certs {
				e.add(pades.Evidence{Certs: [][]byte{s.DER}}, s.Revision)
			}
			for _, s := range vri.CRLs {
				e.add(pades.Evidence{CRLs: [][]byte{s.DER}}, s.Revision)
			}
			for _, s := range vri.OCSPs {
				e.add(pades.Evidence{OCSPs: [][]byte{s.DER}}, s.Revision)
			}
		}
	}
	return nil
}

// existed reports whether a piece of evidence is proven to have existed at a time: now,
// or when something that covers it was stamped (EN 319 102-1, 5.6.2.3).
func (e *evidence) existed(der []byte, by time.Time) bool {
	if !by.Before(e.v.At) {
		return true
	}
	sum := sha256.Sum256(der)
	known := e.items[sum]
	if known == nil {
		return false
	}
	for _, s := range e.stamps {
		if s.revision >= known.revision && !s.at.After(by) {
			return true
		}
	}
	for _, a := range e.archived {
		if a.covers[sum] && !a.at.After(by) {
			return true
		}
	}
	return false
}

// gathering is how much later than a signature the answer about its certificate may
// have been asked for and still be taken, without asking again, for what was known
// when it was made. It says nothing about issuers, whose lists come by the month.
const gathering = 24 * time.Hour

// speaks reports whether an answer says how the certificate at i of a path stood at a
// time. One that was current then does, and one of later, since a revocation is not
// taken back; one that says revoked from later on does, whatever its own time.
func (e *evidence) speaks(q question, a certs.Revocation, i int, at time.Time) bool {
	since := q.since(at)
	switch {
	case a.ThisUpdate.After(e.v.At.Add(certs.DefaultSkew)):
		return false
	case a.Status == certs.Revoked || a.CurrentAt(since):
		return true
	case !since.Before(e.v.At) || a.ThisUpdate.Before(since.Add(-certs.DefaultSkew)):
		return false
	}
	signer := i == 0 && q.asOf.IsZero()
	return !signer || !a.ThisUpdate.After(at.Add(gathering))
}

// errNoProof says that evidence is there which could have been made since its maker
// ceased to be believed.
var errNoProof = errors.New("revocation data not proven to be from before its issuer expired or was revoked")

// status learns how the certificate at i of a path stood at a time: from what the input
// carries, else from the verifier's source. believed is until when the issuers above it
// are; what they are said to have stated must be proven to exist by then.
func (e *evidence) status(ctx context.Context, q question, path certs.Path, i int, at, believed time.Time) (answer certs.Revocation, carried bool, err error) {
	cert, issuer := path[i], path[i+1]
	answers, err := e.stock.About(cert, issuer)
	if err != nil {
		return certs.Revocation{Serial: certs.Serial(cert)}, false, err
	}
	var found, held *certs.Revocation
	unproven := false
	for k := range answers {
		a := &answers[k]
		switch {
		case q.outlasts(a): // for something newer to say whether it was lifted
			if held == nil || a.ThisUpdate.After(held.ThisUpdate) {
				held = a
			}
		case a.Status != certs.Good && !at.Before(a.RevokedAt): // against it counts whatever its proof
			return *a, true, a.Check(at)
		case found != nil || !e.speaks(q, *a, i, at):
		case e.believedThen(ctx, *a, issuer, believed):
			found = a
		default:
			unproven = true
		}
	}
	if found != nil && q.lifts(found, held) {
		return *found, true, nil
	}
	answer = e.live(ctx, cert, issuer)
	if answer.Status == certs.Good && !q.lifts(&answer, held) {
		return *held, true, held.Check(at)
	}
	switch err = answer.Check(at); {
	case err == nil && believed.Before(e.v.At): // made since its issuer ceased to be believed
		err = fmt.Errorf("certificate %s: %w", answer.Serial, errNoProof)
	case err != nil && answer.Status == certs.Unknown && unproven:
		err = errors.Join(errNoProof, err)
	}
	return answer, false, err
}

// outlasts reports whether an answer tells of a hold from before the signature that may have been lifted before it was
// made: a hold is judged at the time of signing (Thông tư 15/2025/TT-BKHCN, Phụ lục II, 1.1), which is the earliest at
// which the signature is proven, or by its own word within the hold.
func (q question) outlasts(a *certs.Revocation) bool {
	within := !q.made.IsZero() && !q.made.Before(a.RevokedAt) && !q.made.After(a.ThisUpdate)
	return a.Status == certs.Suspended && a.ThisUpdate.Before(q.since(q.proofs[0])) && !within
}

// lifts reports whether an answer shows that a hold was over when the signature was made. One from long after shows
// that it was lifted, and not when.
func (q question) lifts(a, held *certs.Revocation) bool {
	return held == nil || a.ThisUpdate.After(held.ThisUpdate) && a.CurrentAt(q.since(q.proofs[0]))
}

// believedThen reports whether an answer is proven to be from when its makers were
// believed: its issuers, and the responder that signed for them, who must not have been
// revoked himself.
func (e *evidence) believedThen(ctx context.Context, a certs.Revocation, issuer *x509.Certificate, believed time.Time) bool {
	if a.Responder != nil {
		if a.Responder.NotAfter.Before(believed) {
			believed = a.Responder.NotAfter
		}
		if !certs.NoCheck(a.Responder) && !e.responderGood(ctx, a.Responder, issuer, a.ProducedAt) {
			return false
		}
	}
	return e.existed(a.Raw, believed)
}

// responderGood asks about a responder by CRL, since one could vouch for itself (RFC
// 6960, 4.2.2.2.1).
func (e *evidence) responderGood(ctx context.Context, responder, issuer *x509.Certificate, at time.Time) bool {
	answers, err := e.stock.About(responder, issuer)
	if err != nil {
		return false
	}
	good := false
	for _, a := range answers {
		if a.Source != "crl" {
			continue
		}
		if a.Check(at) != nil {
			return false
		}
		good = good || e.speaks(question{}, a, 1, at)
	}
	if good {
		return true
	}
	answer := e.live(ctx, responder, issuer)
	return answer.Check(at) == nil && (answer.Responder == nil || !answer.Responder.Equal(responder))
}
