package attest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// When archive time-stamps are renewed, before they lapse, and when somebody is warned
// because that has not come about: thirty days of trying lie between, and sixty are enough
// to find another authority, by a tender even.
const (
	RenewAhead = 90 * 24 * time.Hour
	WarnAhead  = 60 * 24 * time.Hour
)

// ErrAuthorityLapses is a time-stamping authority whose own certificate lapses no later than
// the time-stamp that is to be renewed: another one from it would prove nothing more.
var ErrAuthorityLapses = errors.New("a new time-stamp would last no longer than the one that is there")

// Raise takes the signatures of a signed bundle as far as they can be taken now: to level
// B-LTA, or, where they have it and their archive time-stamps lapse within [RenewAhead], to
// new ones. What is reached is kept even if the error says what kept it from more; the level
// is never a lower one afterwards. A bundle about which a request is open is ErrRequestOpen:
// what its signer was shown must not change under him.
func (s *Service) Raise(ctx context.Context, id string) (store.Level, error) {
	return again(func() (store.Level, error) { return s.raise(ctx, id) })
}

func (s *Service) raise(ctx context.Context, id string) (store.Level, error) {
	r, err := s.rising(ctx, id)
	if err != nil {
		return store.Level{}, err
	}
	judge, err := s.judge(ctx)
	if err != nil {
		return store.Level{}, err
	}
	r.extend(ctx, s, s.extender(judge.Anchors))
	if err := ctx.Err(); err != nil && !r.changed() {
		return r.level, err
	}
	if r.changed() {
		r.judge(ctx, s, judge)
	}
	if r.changed() {
		// What was fetched is worth keeping, whoever gave up waiting meanwhile.
		_, err := step(context.WithoutCancel(ctx), s, clockwork(), func(tx *store.Tx) (struct{}, error) { return struct{}{}, r.keep(ctx, tx) })
		if err != nil {
			return store.Level{}, err
		}
		s.log.InfoContext(ctx, "signatures raised", slog.String("bundle", id), slog.String("level", r.level.Level))
	}
	return r.level, r.failure()
}

// raising is a bundle whose signatures are on their way up.
type raising struct {
	bundle   store.Bundle
	level    store.Level
	manifest []byte
	document *rising // the pages, with the head's signature and perhaps others
	cms      *rising // the signature over the manifest
}

// rising is one of the two signed files.
type rising struct {
	before  store.File
	content []byte
	was     signer.Level
	lapses  time.Time        // of the archive time-stamp that is there; zero without one
	to      *signer.Extended // nil where nothing is to be done
	failure error
}

// changed reports whether there is something to keep.
func (f *rising) changed() bool { return f.to != nil && !bytes.Equal(f.to.Content, f.content) }

// now is the level that the file has after this.
func (f *rising) now() signer.Level {
	if f.changed() {
		return f.to.Level
	}
	return f.was
}

func (r *raising) files() [2]*rising { return [...]*rising{r.document, r.cms} }
func (r *raising) changed() bool     { return r.document.changed() || r.cms.changed() }

func (r *raising) failure() error { return errors.Join(r.document.failure, r.cms.failure) }

// rising reads what is to be raised. The bundle comes first, so that whatever is changed
// about it afterwards is noticed by its version.
func (s *Service) rising(ctx context.Context, id string) (*raising, error) {
	v := s.store.Glance()
	r := &raising{}
	var err error
	if r.bundle, err = v.Bundle(ctx, id); err != nil {
		return nil, err
	}
	if r.level, err = v.Level(ctx, id); err != nil {
		return nil, err
	}
	if err := unasked(ctx, v, id); err != nil {
		return nil, err
	}
	stored, err := v.Files(ctx, id)
	if err != nil {
		return nil, err
	}
	if r.manifest, err = s.content(ctx, stored, bundle.ManifestFile); err != nil {
		return nil, err
	}
	if r.document, err = s.risingFile(ctx, stored, bundle.PagesFile, verify.MaxDocumentBytes, signer.DocumentLevel); err != nil {
		return nil, err
	}
	r.document.lapses = r.level.DocumentLapses
	if r.cms, err = s.risingFile(ctx, stored, bundle.SignatureFile, bundle.MaxSignatureBytes, signer.ManifestLevel); err != nil {
		return nil, err
	}
	r.cms.lapses = r.level.ManifestLapses
	return r, nil
}

// unasked is ErrRequestOpen while somebody is asked to sign a bundle.
func unasked(ctx context.Context, v *store.View, id string) error {
	_, err := v.RequestOf(ctx, id)
	switch {
	case err == nil:
		return fmt.Errorf("bundle %s: %w", id, ErrRequestOpen)
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return err
}

func (s *Service) risingFile(ctx context.Context, stored []store.File, name string, most int64, levelOf func([]byte) (signer.Level, error)) (*rising, error) {
	before, err := fileOf(stored, name)
	if err != nil {
		return nil, err
	}
	if before.Size > most {
		return nil, fmt.Errorf("%s of %d bytes: %w", name, before.Size, ErrTooLarge)
	}
	f := &rising{before: before}
	if f.content, err = s.store.Glance().Content(ctx, before.SHA256); err != nil {
		return nil, err
	}
	if f.was, err = levelOf(f.content); err != nil {
		return nil, fmt.Errorf("level of %s: %w", name, err)
	}
	return f, nil
}

// extender raises by the authorities of this service. Without a connection there is no
// evidence, and what is signed stays at B-T.
func (s *Service) extender(anchors certs.Anchors) *signer.Extender {
	evidence, _ := s.o.Revocation.(*certs.HTTP)
	return &signer.Extender{Timestamper: s.o.Timestamper, Anchors: anchors, Evidence: evidence, Now: s.now}
}

// extend does what lies outside: each file for itself, since what fails for one may succeed
// for the other.
func (r *raising) extend(ctx context.Context, s *Service, e *signer.Extender) {
	r.document.extend(s.now(),
		func() (*signer.Extended, error) { return e.Document(ctx, r.document.content, signer.LevelLTA) },
		func() (*signer.Extended, error) { return e.RenewDocument(ctx, r.document.content) })
	r.cms.extend(s.now(),
		func() (*signer.Extended, error) {
			return e.Manifest(ctx, r.cms.content, r.manifest, signer.LevelLTA)
		},
		func() (*signer.Extended, error) { return e.RenewManifest(ctx, r.cms.content, r.manifest) })
}

func (f *rising) extend(now time.Time, raise, renew func() (*signer.Extended, error)) {
	switch {
	case !f.was.Reaches(signer.LevelLTA):
		f.to, f.failure = raise()
	case f.lapses.Before(now.Add(RenewAhead)): // or not known
		f.to, f.failure = renew()
		if f.failure == nil && !f.to.Lapses.After(f.lapses) {
			f.to, f.failure = nil, ErrAuthorityLapses
		}
	}
	if f.failure != nil {
		f.failure = fmt.Errorf("%s: %w", f.before.Name, f.failure)
	}
}

// judge has our own verifier judge what came out, by what the files carry and nothing else:
// that is what they will be judged by when nobody answers any more. What does not pass is
// not kept. The pages under the signature are those that were judged when it was made, byte
// for byte, or the signature would not hold.
func (r *raising) judge(ctx context.Context, s *Service, judge *verify.Verifier) {
	judge.At, judge.Revocation = s.now(), certs.Offline{}
	for _, f := range r.files() {
		if !f.changed() {
			continue
		}
		var report *verify.Report
		var err error
		if f == r.document {
			report = judge.PDF(ctx, f.before.Name, f.to.Content)
		} else {
			report, err = judge.Detached(ctx, f.before.Name, f.to.Content, r.manifest)
		}
		if err == nil {
			err = f.objection(report)
		}
		if err != nil {
			s.log.WarnContext(ctx, "raised signature not accepted", slog.String("bundle", r.bundle.ID), slog.String("file", f.before.Name), slog.Any("error", err))
			f.to, f.failure = nil, errors.Join(fmt.Errorf("%s: %w", f.before.Name, err), f.failure)
		}
	}
}

// objection is why a raised file is not kept: it has to be as good as it says, and no worse
// than it was.
func (f *rising) objection(report *verify.Report) error {
	if !dossier.Acceptable(report) || f.to.Level.Reaches(signer.LevelLT) && report.Verdict != verify.TotalPassed {
		return fmt.Errorf("verdict %s: %w", report.Verdict, ErrNotAccepted)
	}
	if f.was.Reaches(f.to.Level) && f.was != f.to.Level {
		return fmt.Errorf("%s after %s: %w", f.to.Level, f.was, ErrNotAccepted)
	}
	if !f.to.Level.Reaches(signer.LevelLT) { // where a time-stamp's authority is not known yet to have been good
		return nil
	}
	for _, signature := range report.Signatures {
		if !strings.Contains(signature.Format, "-BASELINE-") { // a document time-stamp, which has no level
			continue
		}
		level := signer.Level("B-" + signature.Format[strings.LastIndexByte(signature.Format, '-')+1:])
		if !level.Reaches(f.to.Level) {
			return fmt.Errorf("%s where %s was to be: %w", signature.Format, f.to.Level, ErrNotAccepted)
		}
	}
	return nil
}

// keep puts the raised files in place of those that they go on from, if these are still
// there, and nobody was asked to sign meanwhile.
func (r *raising) keep(ctx context.Context, tx *store.Tx) error {
	if err := tx.TouchBundle(ctx, &r.bundle); err != nil { // bundles are locked first by every step
		return err
	}
	if err := unasked(ctx, &tx.View, r.bundle.ID); err != nil {
		return err
	}
	current := make([]store.Digest, 0, 2)
	for _, f := range r.files() {
		sum := f.before.SHA256
		if f.changed() {
			if sum = sha256.Sum256(f.to.Content); f.to.Base != f.before.SHA256 {
				return fmt.Errorf("%s of bundle %s: %w", f.before.Name, r.bundle.ID, store.ErrStale)
			}
			if _, err := tx.PutContent(ctx, f.to.Content); err != nil {
				return err
			}
			if err := tx.RaiseFile(ctx, r.bundle.ID, &f.before, string(f.was), sum); err != nil {
				return err
			}
			if !f.to.Lapses.IsZero() && f.to.Level == signer.LevelLTA {
				f.lapses = f.to.Lapses
			}
		}
		current = append(current, sum)
	}
	kept, err := r.keepEvidence(ctx, tx)
	if err != nil {
		return err
	}
	level := r.level // which a transaction that is taken again must find as it was
	level.Level = string(r.document.now())
	if r.document.now().Reaches(r.cms.now()) {
		level.Level = string(r.cms.now())
	}
	level.DocumentLapses, level.ManifestLapses = r.document.lapses, r.cms.lapses
	if err := tx.RaiseLevel(ctx, &level); err != nil {
		return err
	}
	r.level = level
	return tx.Audit("bundles.raise", clockwork().Account, r.bundle.Unit, r.bundle.ID, audit.ID("level", level.Level),
		audit.ID("pdf", current[0].String()), audit.ID("manifest", current[1].String()), audit.Count("evidence", int64(kept)))
}

// keepEvidence keeps all that was fetched on the way, also for a step that failed then.
func (r *raising) keepEvidence(ctx context.Context, tx *store.Tx) (int, error) {
	var found findings
	for _, f := range r.files() {
		if f.to == nil {
			continue
		}
		found.about(f.to.Evidence...)
		for _, token := range f.to.Tokens {
			found.add(EvidenceTimestamp, "", token)
		}
	}
	return len(found), found.keep(ctx, tx, r.bundle.ID)
}
