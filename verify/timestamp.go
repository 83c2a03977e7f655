package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto"
	"crypto/sha256"
	"slices"
	"time"

	"kytiem/certs"
	"kytiem/pades"
)

// Timestamp is the outcome for one time-stamp that a signature rests on.
type Timestamp struct {
	Type          string        `json:"type"` // signature, archive, document, content
	Time          *time.Time    `json:"time,omitempty"`
	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"sub_indication,omitempty"`
	Authority     string        `json:"authority,omitempty"`
	Serial        string        `json:"serial,omitempty"` // of the authority's certificate
	Checks        []Check       `json:"checks"`
	Chain         []ChainLink   `json:"chain"`
	Revocation    []Revocation  `json:"revocation"`

	Token []byte `json:"-"` // in a report it is evidence

	carried  bool     // every status came with the input
	rests    [][]byte // the revocation data it was judged with
	revision int      // of a document time-stamp
}

// The kinds of time-stamp (EN 319 122-1, 5.3, 5.5.3 and 5.2.8; EN 319 142-1, 5.4.3).
const (
	signatureTimestamp = "signature"
	archiveTimestamp   = "archive"
	documentTimestamp  = "document"
	contentTimestamp   = "content"
)

// judgeToken applies the rules on a time-stamp token: R-T1 (format, mathematics and
// authority) and R-T2 (it is over what it should be). proofs are the times at which it
// is proven to have existed, earliest first. Only one that passes proves anything (R-T4
// follows from R-T2: what is copied from elsewhere has another imprint).
func (e *evidence) judgeToken(ctx context.Context, kind string, token []byte, proofs []time.Time, imprint func(crypto.Hash) ([]byte, error)) Timestamp {
	t := Timestamp{Type: kind, Chain: []ChainLink{}, Revocation: []Revocation{}, Token: token}
	e.tokens = append(e.tokens, token)
	var c checks
	stamp, err := pades.ParseTimeStamp(token)
	if err != nil {
		for _, f := range pades.TimeStampFindings(token) {
			c.fail(f.Rule, SubIndication(f.Sub), "ts.broken", f.Message)
		}
		t.settle(c)
		return t
	}
	t.Time, t.Authority, t.Serial = claimed(stamp.At), certs.Subject(stamp.Authority).CommonName, certs.Serial(stamp.Authority)
	want, err := imprint(stamp.Hash)
	switch {
	case err != nil:
		c.fail("R-T2", SignedDataNotFound, "", "what was stamped is not there")
	case !bytes.Equal(want, stamp.Imprint):
		c.fail("R-T2", HashFailure, "ts.broken", "the time-stamp is over something else")
	default:
		c.held("R-T2")
	}
	e.judgeAuthority(ctx, &t, &c, stamp, proofs)
	t.settle(c)
	return t
}

// keyFuture is the sentence on a time-stamp that is not there yet at the validation time.
const keyFuture = "ts.future"

// judgeAuthority judges the certificate that a token was signed with. It has to have been
// in force when it states, too.
func (e *evidence) judgeAuthority(ctx context.Context, t *Timestamp, c *checks, stamp *pades.TimeStamp, proofs []time.Time) {
	switch {
	case stamp.At.After(e.v.At.Add(certs.DefaultSkew)):
		c.fail("R-T3", TimestampOrderFailure, keyFuture, "time-stamp of after the validation time")
	case stamp.At.After(proofs[0].Add(certs.DefaultSkew)):
		c.fail("R-T3", TimestampOrderFailure, "ts.order", "time-stamp of after another one that covers it")
	default:
		c.held("R-T3")
	}
	switch err := certs.CheckValidity(stamp.Authority, stamp.At); {
	case stamp.At.Before(stamp.Authority.NotBefore):
		c.fail("R-T1", NotYetValid, "", err.Error())
	case err != nil:
		c.fail("R-T1", FormatFailure, "ts.broken", err.Error())
	}
	a := e.ask(ctx, question{
		leaf: stamp.Authority, use: certs.Stamping, usage: certs.CheckTSAUsage, proofs: proofs,
		asOf: stamp.At,
	})
	for _, check := range a.checks {
		if check.Status == Fail {
			check.Message = "authority: " + check.Message
			if check.ID == "R-X3" { // RFC 3161, 2.3: a sole, critical purpose is part of being a time-stamp
				check.ID = "R-T1"
			}
		}
		*c = append(*c, check)
	}
	t.Chain, t.carried, t.rests = chainOf(a.path), a.carried, rawOf(a.revocation)
	for _, r := range a.revocation {
		t.Revocation = append(t.Revocation, revocationOf(r))
	}
}

func (t *Timestamp) settle(c checks) {
	t.Checks, t.SubIndication = c, gravest(c)
	switch {
	case t.SubIndication == "":
		t.Indication = TotalPassed
		(*checks)(&t.Checks).held("R-T1")
	case t.SubIndication.failed():
		t.Indication = TotalFailed
	default:
		t.Indication = Indeterminate
	}
}

// passed reports whether the time-stamp proves anything.
func (t *Timestamp) passed() bool { return t.Indication == TotalPassed }

// note tells the signature that a time-stamp of it proves nothing, and why: its level
// is then what it is without.
func (t *Timestamp) note(c *checks) {
	if t.passed() {
		return
	}
	for _, check := range t.Checks {
		if check.Status == Fail && check.sub == t.SubIndication {
			key := "ts.unproven"
			if t.Indication == TotalFailed {
				key = "ts.broken"
			}
			c.warn(check.ID, key, t.Type+" time-stamp proves nothing: "+check.Message)
			return
		}
	}
}

// signatureTimestamps judges the time-stamps in a SignerInfo, over its signature. proofs
// are the times at which the CMS is proven to have existed.
func (e *evidence) signatureTimestamps(ctx context.Context, s *Signature, c *checks, signer *pades.SignerInfo, proofs []time.Time) {
	over := func(hash crypto.Hash) ([]byte, error) {
		h := hash.New()
		h.Write(signer.Signature)
		return h.Sum(nil), nil
	}
	seen := map[[sha256.Size]byte]bool{}
	tokens := few(signer.TimeStamps())
	for _, token := range tokens {
		sum := sha256.Sum256(token)
		if seen[sum] {
			c.warn("R-T4", "ts.again", "the same time-stamp again, which proves no more")
			continue
		}
		seen[sum] = true
		t := e.judgeToken(ctx, signatureTimestamp, token, proofs, over)
		t.note(c)
		s.Timestamps = append(s.Timestamps, t)
	}
	if len(tokens) > 0 {
		c.held("R-T4")
	}
}

// contentTimestamps judges the time-stamps over the content that the signature covers:
// it was made after them. That proves nothing about when it existed, so one that does not
// hold takes nothing away; one that holds and is later than the signature contradicts it
// (EN 319 102-1, 5.5.4). proofs are the times at which the signature is proven to have
// existed.
func (e *evidence) contentTimestamps(ctx context.Context, s *Signature, c *checks, subject signed, signer *pades.SignerInfo, proofs []time.Time) {
	for _, token := range few(signer.ContentTimeStamps()) {
		t := e.judgeToken(ctx, contentTimestamp, token, proofs, subject.digest)
		s.Timestamps = append(s.Timestamps, t)
		late := func(check Check) bool { return check.Status == Fail && check.ID == "R-T3" }
		switch at := s.ClaimedSigningTime; {
		case t.SubIndication == TimestampOrderFailure && slices.ContainsFunc(t.Checks, late):
			c.fail("R-T3", TimestampOrderFailure, "ts.order", "the content was stamped after it was signed")
		case !t.passed():
			t.note(c)
		case at != nil && at.Before(t.Time.Add(-certs.DefaultSkew)):
			c.warn("R-T3", "ts.early", "claimed signing time before the time-stamp of the content")
		}
	}
}

// archiveTimestamps judges the archive time-stamps of a SignerInfo, the latest first, each
// with the proofs that the later ones give (EN 319 102-1, 5.6.3).
func (e *evidence) archiveTimestamps(ctx context.Context, s *Signature, c *checks, cms *pades.CMS, signer int, digest func(crypto.Hash) ([]byte, error)) {
	type archived struct {
		token []byte
		what  *pades.Archived
	}
	var list []archived
	for _, token := range few(cms.Signers[signer].ArchiveTimeStamps()) {
		what, err := cms.CheckArchive(signer, token, digest)
		if err != nil {
			t := Timestamp{Type: archiveTimestamp, Chain: []ChainLink{}, Revocation: []Revocation{}, Token: token}
			var broken checks
			broken.fail("R-T2", HashFailure, "ts.broken", err.Error())
			t.settle(broken)
			t.note(c)
			s.Timestamps = append(s.Timestamps, t)
			continue
		}
		list = append(list, archived{token, what})
	}
	slices.SortStableFunc(list, func(a, b archived) int { return b.what.Stamp.At.Compare(a.what.Stamp.At) })
	for _, a := range list {
		imprint := func(crypto.Hash) ([]byte, error) { return a.what.Stamp.Imprint, nil } // CheckArchive compared it
		t := e.judgeToken(ctx, archiveTimestamp, a.token, e.proofsOf(a.token), imprint)
		t.note(c)
		s.Timestamps = append(s.Timestamps, t)
		if !t.passed() {
			continue
		}
		covers := map[[sha256.Size]byte]bool{}
		for _, values := range [][][]byte{a.what.Certs, a.what.CRLs, a.what.OCSPs, a.what.Tokens} {
			for _, value := range values {
				covers[sha256.Sum256(value)] = true
			}
		}
		for _, token := range a.what.Tokens { // and with them what they carry
			if inner, err := pades.ParseCMS(token); err == nil {
				carried := inner.Evidence()
				for _, values := range [][][]byte{carried.Certs, carried.CRLs, carried.OCSPs} {
					for _, value := range values {
						covers[sha256.Sum256(value)] = true
					}
				}
			}
		}
		e.archived = append(e.archived, archive{*t.Time, covers})
	}
}

// proofsOf are the times at which a value in a CMS is proven to have existed, by archive
// time-stamps that name it; the last is the validation time.
func (e *evidence) proofsOf(value []byte) []time.Time {
	proofs := []time.Time{e.v.At}
	sum := sha256.Sum256(value)
	for _, a := range e.archived {
		if a.covers[sum] && a.at.Before(e.v.At) {
			proofs = append(proofs, a.at)
		}
	}
	return ordered(proofs)
}

// ordered sorts times, each once.
func ordered(times []time.Time) []time.Time {
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// documentTimestamps judges the time-stamps of a document, the latest first: each that
// passes proves what lies before it to have existed (EN 319 102-1, 5.6.3).
func (e *evidence) documentTimestamps(ctx context.Context, fields []signedField) map[int]Timestamp {
	judged := map[int]Timestamp{}
	order := make([]int, 0, len(fields))
	for i := range fields {
		if fields[i].IsTimeStamp() {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(fields[b].Revision, fields[a].Revision) })
	for _, i := range order {
		field := &fields[i]
		if !field.sound || ctx.Err() != nil {
			continue
		}
		token, err := field.Token()
		if err != nil {
			token = field.Contents
		}
		t := e.judgeToken(ctx, documentTimestamp, token, e.proofsAfter(field.Revision), field.digest)
		t.revision = field.Revision
		judged[i] = t
		if t.passed() {
			e.stamps = append(e.stamps, stamp{field.Revision, *t.Time})
		}
	}
	return judged
}

// proofsAfter are the times at which what revision rev holds is proven to have existed,
// by document time-stamps of later revisions; the last is the validation time.
func (e *evidence) proofsAfter(rev int) []time.Time {
	proofs := []time.Time{e.v.At}
	for _, s := range e.stamps {
		if s.revision > rev && s.at.Before(e.v.At) {
			proofs = append(proofs, s.at)
		}
	}
	return ordered(proofs)
}

// maxTokens bounds the time-stamps of one kind that are judged for a signature: there is
// one, or one a renewal. Leaving some out proves less, never more.
const maxTokens = 32

func few(tokens [][]byte) [][]byte { return tokens[:min(len(tokens), maxTokens)] }
