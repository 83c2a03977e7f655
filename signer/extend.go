package signer

import (
	"bytes"
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"kytiem/certs"
	"kytiem/pades"
)

// Extender raises signatures that were made to the levels at which they outlive their
// certificates (EN 319 142-1, 6.3; EN 319 122-1, 6.3). It keeps nothing: bytes go in, and
// bytes that begin with them, or say the same, come out. It is safe for concurrent use.
type Extender struct {
	Timestamper Timestamper
	Anchors     certs.Anchors
	Evidence    *certs.HTTP      // where evidence comes from
	Now         func() time.Time // zero is [time.Now]
}

// Extended is what came of raising, as far as it got: the level before is never lost.
type Extended struct {
	Content []byte            // the document, or the CMS; what was given in, if nothing could be added
	Level   Level             // that it has now
	Base    [sha256.Size]byte // of what was extended: whoever keeps Content compares it with what is there by then

	// What was fetched on the way, to be kept with the signature (Thông tư 15/2025/TT-BKHCN,
	// Điều 5): paths with the answers about each certificate, and time-stamp tokens.
	Evidence []certs.Evidence
	Tokens   [][]byte

	// Lapses is when the first certificate of the last time-stamp's path does, or the first
	// algorithm there stops being believed; zero if none was made. A new archive time-stamp is
	// due before.
	Lapses time.Time
}

// Document raises a signed document to a level, or leaves it if it has that. With an error
// the document that comes back is raised as far as it could be: a time-stamp that was
// obtained is worth keeping when a responder fails afterwards.
//
// A signature gets its time-stamp in its own CMS while its revision is the last of the file,
// and there is room; otherwise a document time-stamp proves its time. Evidence goes into the
// document security store, about the signers, their OCSP responders and the time-stamping
// authorities, before the document time-stamp that makes level B-LTA.
func (e *Extender) Document(ctx context.Context, document []byte, to Level) (*Extended, error) {
	x := e.extending(ctx, document)
	r, err := readDocument(document)
	if err != nil {
		return x.Extended, err
	}
	x.Level = r.level()
	for _, step := range []struct {
		to  Level
		run func(*raised) error
	}{{LevelT, x.stampDocument}, {LevelLT, x.storeEvidence}, {LevelLTA, x.archiveDocument}} {
		if !to.Reaches(step.to) || x.Level.Reaches(step.to) {
			continue
		}
		if r, err = readDocument(x.Content); err != nil {
			return x.Extended, err
		}
		if err := step.run(r); err != nil {
			return x.Extended, fmt.Errorf("raising the document to %s: %w", step.to, err)
		}
		x.Level = step.to
	}
	return x.Extended, nil
}

// RenewDocument adds evidence about the last document time-stamp and a new one over all of
// it, which a document at B-LTA needs before the last one's authority or algorithm lapses.
func (e *Extender) RenewDocument(ctx context.Context, document []byte) (*Extended, error) {
	x := e.extending(ctx, document)
	r, err := readDocument(document)
	if err != nil {
		return x.Extended, err
	}
	if x.Level = r.level(); x.Level != LevelLTA {
		return x.Extended, fmt.Errorf("renewing at %s: %w", x.Level, ErrLevel)
	}
	if err := x.archiveDocument(r); err != nil {
		return x.Extended, fmt.Errorf("renewing the document's time-stamp: %w", err)
	}
	return x.Extended, nil
}

// extending is one raising under way.
type extending struct {
	*Extended
	e   *Extender
	ctx context.Context
	// last is the token obtained last: the next one's hole is sized by it, and evidence about
	// its authority put in before.
	last  *pades.TimeStamp
	size  int
	known map[string]bool // certificates about which evidence was gathered
}

func (e *Extender) extending(ctx context.Context, content []byte) *extending {
	return &extending{
		Extended: &Extended{Content: content, Base: sha256.Sum256(content), Level: LevelB},
		e:        e, ctx: ctx, known: map[string]bool{},
	}
}

func (e *Extender) now() time.Time {
	if e.Now != nil {
		return e.Now()
	}
	return time.Now()
}

// stamp obtains a token, which the Timestamper has verified. That it is over the digest is looked
// at again: all the rest can be mended later, a token over something else cannot.
func (x *extending) stamp(digest [32]byte) (*pades.TimeStamp, []byte, error) {
	if x.e.Timestamper == nil {
		return nil, nil, ErrTSA
	}
	token, _, err := x.e.Timestamper.Timestamp(x.ctx, digest)
	if err != nil {
		return nil, nil, err
	}
	stamp, err := pades.ParseTimeStamp(token)
	if err != nil {
		return nil, nil, err
	}
	if stamp.Hash != crypto.SHA256 || !bytes.Equal(stamp.Imprint, digest[:]) {
		return nil, nil, fmt.Errorf("imprint: %w", pades.ErrTimeStamp)
	}
	x.last, x.size = stamp, len(token)
	return stamp, token, nil
}

// stampDocument reaches B-T.
func (x *extending) stampDocument(r *raised) error {
	for _, s := range r.signatures {
		if r.timed(s) {
			continue
		}
		// To prove the time of a signature that no longer counts is of no use.
		if _, err := x.signerPath(s.cms, r.pool(), x.e.now()); err != nil {
			return fmt.Errorf("field %q: %w", s.Field, err)
		}
	}
	last := r.signatures[len(r.signatures)-1]
	if !r.timed(last) && last.Revision == len(r.file.Revisions())-1 {
		stamp, token, err := x.stamp(sha256.Sum256(last.cms.Signers[0].Signature))
		if err != nil {
			return err
		}
		document, err := embedToken(r.file, last, token)
		switch {
		case err == nil:
			x.Content = document
			x.keep(token, stamp)
			if r, err = readDocument(document); err != nil {
				return err
			}
		case !errors.Is(err, pades.ErrTooLarge):
			return err
		}
		// Otherwise the hole was made for smaller ones, and the document has room behind it.
	}
	for _, s := range r.signatures {
		if !r.timed(s) {
			return x.appendStamp(r.file)
		}
	}
	return nil
}

// embedToken puts a signature time-stamp into a signature's CMS.
func embedToken(file *pades.File, s signature, token []byte) ([]byte, error) {
	cms, err := s.Token()
	if err != nil {
		return nil, err
	}
	if cms, err = pades.AddUnsigned(cms, pades.TimeStampAttribute(token)); err != nil {
		return nil, err
	}
	return file.ReplaceContents(s.Signature, cms)
}

// keep notes a token that is in Content. Lapses is bounded by the authority's own certificate,
// until the evidence about its issuers is there.
func (x *extending) keep(token []byte, stamp *pades.TimeStamp) {
	x.Tokens = append(x.Tokens, token)
	x.Lapses = stamp.Authority.NotAfter
}

// slack is added to the size of the last token for the next: a serial number or an ECDSA
// signature may take a few bytes more.
const slack = 512

// appendStamp appends a document time-stamp, in a hole of the right size.
func (x *extending) appendStamp(file *pades.File) error {
	reserve := pades.DocTimeStampReserve
	if x.size > 0 {
		reserve = x.size + slack
	}
	for {
		update, err := pades.PrepareTimeStamp(file, reserve)
		if err != nil {
			return err
		}
		stamp, token, err := x.stamp([32]byte(update.Digest))
		if err != nil {
			return err
		}
		document, err := update.Embed(file.Bytes(), token)
		if errors.Is(err, pades.ErrTooLarge) && len(token)+slack > reserve {
			reserve = len(token) + slack
			continue
		}
		if err != nil {
			return err
		}
		x.Content = document
		x.keep(token, stamp)
		return nil
	}
}

// storeEvidence reaches B-LT: about every signer, by the time proven for his signature, and
// about every authority that proves one.
func (x *extending) storeEvidence(r *raised) error {
	for _, s := range r.signatures {
		at, err := x.signedAt(r, s)
		if err != nil {
			return fmt.Errorf("field %q: %w", s.Field, err)
		}
		path, err := x.signerPath(s.cms, r.pool(), at)
		if err != nil {
			return fmt.Errorf("field %q: %w", s.Field, err)
		}
		if err := x.gather(path, at); err != nil {
			return fmt.Errorf("field %q: %w", s.Field, err)
		}
	}
	stamps, err := r.tokens()
	if err != nil {
		return err
	}
	if err := x.gatherAuthorities(stamps, r.pool()); err != nil {
		return err
	}
	return x.appendDSS(r.file)
}

// signedAt is the time proven for a signature: the earliest token over it.
func (x *extending) signedAt(r *raised, s signature) (time.Time, error) {
	var at time.Time
	earlier := func(stamp *pades.TimeStamp, err error) error {
		if err == nil && (at.IsZero() || stamp.At.Before(at)) {
			at = stamp.At
		}
		return err
	}
	for _, token := range s.cms.Signers[0].TimeStamps() {
		if err := earlier(pades.ParseTimeStamp(token)); err != nil {
			return at, err
		}
	}
	for i := range r.stamps {
		if r.stamps[i].Revision > s.Revision {
			if err := earlier(r.stamps[i].TimeStamp()); err != nil {
				return at, err
			}
		}
	}
	return at, nil
}

// tokens are the time-stamps of a document.
func (r *raised) tokens() ([]*pades.TimeStamp, error) {
	var list []*pades.TimeStamp
	for _, s := range r.signatures {
		for _, token := range s.cms.Signers[0].TimeStamps() {
			stamp, err := pades.ParseTimeStamp(token)
			if err != nil {
				return nil, err
			}
			list = append(list, stamp)
		}
	}
	for i := range r.stamps {
		stamp, err := r.stamps[i].TimeStamp()
		if err != nil {
			return nil, err
		}
		list = append(list, stamp)
	}
	return list, nil
}

// pool are certificates of the store: hints for paths.
func (r *raised) pool() []*x509.Certificate {
	var pool []*x509.Certificate
	for _, c := range r.dss.Certs {
		if cert, err := x509.ParseCertificate(c.DER); err == nil {
			pool = append(pool, cert)
		}
	}
	return pool
}

// archiveDocument reaches B-LTA, or renews it: evidence about whoever makes the time-stamp is
// stored before it is made.
func (x *extending) archiveDocument(r *raised) error {
	if n := len(r.stamps); n > 0 { // whose evidence nothing covers yet
		stamp, err := r.stamps[n-1].TimeStamp()
		if err != nil {
			return err
		}
		if err := x.gatherAuthorities([]*pades.TimeStamp{stamp}, r.pool()); err != nil {
			return err
		}
	}
	return x.archive(
		func() error {
			if err := x.appendDSS(r.file); err != nil {
				return err
			}
			file, err := pades.Open(x.Content)
			r.file = file
			return err
		},
		func() error { return x.appendStamp(r.file) },
	)
}

// archive finds out by a trial token who answers, has the evidence about him stored, then has
// the archive made; again if it was another authority that answered then.
func (x *extending) archive(store, stamp func() error) error {
	if x.last == nil {
		// What a trial is over does not matter; it is kept nowhere.
		if _, _, err := x.stamp(x.Base); err != nil {
			return fmt.Errorf("asking for a trial token: %w", err)
		}
	}
	before, lapses := x.Content, x.Lapses
	for range maxAuthorities {
		expected := x.last
		if err := x.gatherAuthorities([]*pades.TimeStamp{expected}, nil); err != nil {
			return err
		}
		if err := store(); err != nil {
			return err
		}
		stored := x.Content
		if err := stamp(); err != nil {
			x.Content = before // evidence that nothing covers is of no use
			return err
		}
		if x.last.Authority.Equal(expected.Authority) {
			x.settleLapse()
			return nil
		}
		x.Content, x.Lapses = stored, lapses
		x.Tokens = x.Tokens[:len(x.Tokens)-1]
	}
	x.Content = before
	return fmt.Errorf("each token came from another: %w", ErrTSA)
}

// maxAuthorities bounds how often another authority than before may answer.
const maxAuthorities = 4

// appendDSS puts all evidence gathered so far into the document.
func (x *extending) appendDSS(file *pades.File) error {
	document, err := pades.AppendDSS(file, x.evidence())
	if err != nil {
		return err
	}
	if !bytes.Equal(document, x.Content) {
		x.Content = document
	}
	return nil
}
