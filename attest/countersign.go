package attest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// The organisation signs the document that its head has signed, in a field of its own
// (Nghị định 30/2020/NĐ-CP, Điều 32). It attests nothing anew, so that the bundle's state
// stays what it is, and the data keep the head's signature alone, which the document names.
//
// It extends the revision of the document that is there when it is prepared. Should that
// have got another one when the signature comes (a time-stamp, mostly), the signature is
// over what no longer is the document: its item lapses, and is asked for anew.

// openSigned reads a bundle whose document the organisation is to sign.
func (s *Service) openSigned(ctx context.Context, b store.Bundle) (*work, error) {
	switch b.Status.State {
	case bundle.Signed:
	case bundle.Open, bundle.Sealed, bundle.Pending, bundle.Minuted:
		return nil, fmt.Errorf("bundle %s is %s: %w", b.ID, b.Status.State, ErrUnsigned)
	default:
		return nil, fmt.Errorf("countersigning bundle %s, which is %s: %w", b.ID, b.Status.State, bundle.ErrMove)
	}
	if err := s.lasting(ctx, b.ID); err != nil {
		return nil, err
	}
	if err := s.vacate(ctx, b); err != nil {
		return nil, err
	}
	now, err := s.store.Glance().Bundle(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	w, err := s.work(ctx, now)
	if err == nil {
		w.organisation = true
	}
	return w, err
}

// vacate has a request for the organisation's signature out of the way whose time is over,
// or whose document got another revision. Any other is ErrRequestOpen.
func (s *Service) vacate(ctx context.Context, b store.Bundle) error {
	v := s.store.Glance()
	r, err := v.RequestOf(ctx, b.ID)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !r.ExpiresAt.After(s.now()):
		return s.Expire(apart(ctx), r.ID)
	}
	f, err := v.File(ctx, b.ID, bundle.PagesFile)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(r.Items, func(i store.Item) bool { return i.Bundle == b.ID && i.State == store.RequestOpen })
	if at < 0 { // it came just now
		return fmt.Errorf("bundle %s: %w", b.ID, store.ErrStale)
	}
	if f.SHA256 == r.Items[at].Base {
		return fmt.Errorf("bundle %s: %w", b.ID, ErrRequestOpen)
	}
	_, err = step(apart(ctx), s, clockwork(), func(tx *store.Tx) (struct{}, error) {
		if err := (&lapse{bundle: b, item: r.Items[at]}).write(ctx, tx, clockwork()); err != nil {
			return struct{}{}, err
		}
		now, err := tx.Request(ctx, r.ID)
		if err == nil && now.State == store.RequestOpen && !awaited(now) {
			_, err = conclude(ctx, tx, clockwork(), b.Unit, now)
		}
		return struct{}{}, err
	})
	return err
}

// prepareOrganisation draws up the one item that the organisation signs.
func (s *Service) prepareOrganisation(ctx context.Context, o *SigningOrder, options signer.Options, w *work) error {
	if o.Number != "" || !o.Date.IsZero() || o.Place != "" || o.Capacity != nil {
		return fmt.Errorf("what a document bears that is signed already: %w", bundle.ErrMalformed)
	}
	f, err := fileOf(w.files, bundle.PagesFile)
	if err != nil {
		return err
	}
	if f.Size > verify.MaxDocumentBytes {
		return fmt.Errorf("%s of %d bytes: %w", bundle.PagesFile, f.Size, bundle.ErrTooLarge)
	}
	pages, err := s.store.Glance().Content(ctx, f.SHA256)
	if err != nil {
		return err
	}
	prepared, err := dossier.PrepareOrganisation(pages, w.manifest, w.document, options)
	if err != nil {
		return err
	}
	return w.add(&half{Prepared: prepared, Organisation: true}, f.SHA256)
}

// take locks a bundle for its request. For the organisation's signature it stays as it is,
// and its document has to be the one that was prepared.
func (w *work) take(ctx context.Context, tx *store.Tx) error {
	if !w.organisation {
		return tx.MoveBundle(ctx, &w.Bundle, bundle.Request)
	}
	if err := tx.TouchBundle(ctx, &w.Bundle); err != nil {
		return err
	}
	f, err := tx.File(ctx, w.ID, bundle.PagesFile)
	if err == nil && f.SHA256 != w.items[0].Base {
		err = fmt.Errorf("%s of bundle %s: %w", bundle.PagesFile, w.ID, store.ErrStale)
	}
	return err
}

// assembleOrganisation puts the organisation's signature in place and has it judged, all
// outside of a transaction.
func (s *Service) assembleOrganisation(ctx context.Context, b store.Bundle, a arrival) (effect, error) {
	files, err := s.store.Glance().Files(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	f, err := fileOf(files, bundle.PagesFile)
	if err != nil {
		return nil, err
	}
	if b.Status.State != bundle.Signed || f.SHA256 != a.item.Base {
		a.outcome.Err = fmt.Errorf("bundle %s: %w", b.ID, ErrRevised)
		return &lapse{b, a.item}, nil
	}
	good, err := s.embed(ctx, &a)
	if err != nil {
		return nil, err
	}
	if !good {
		return nothing{}, nil
	}
	accepted, verdict, err := s.judgeOrganisation(ctx, b.ID, files, a.signed)
	if err != nil {
		return nil, err
	}
	if !accepted {
		s.log.WarnContext(ctx, "organisation's signature not accepted", slog.String("bundle", b.ID), slog.String("verdict", string(verdict)))
		a.outcome.Err = fmt.Errorf("bundle %s, verdict %s: %w", b.ID, verdict, ErrNotAccepted)
		return nothing{}, nil
	}
	return &countersignature{bundle: b, before: f, arrival: a, raise: s.o.Timestamper != nil}, nil
}

// judgeOrganisation is our own verdict on the whole bundle with the organisation's
// signature in it. Where it does not pass outright, which an authority that is not at hand
// is enough for, no signature may pass less than it did before.
func (s *Service) judgeOrganisation(ctx context.Context, id string, files []store.File, signed []byte) (accepted bool, verdict verify.Indication, err error) {
	judge, err := s.judge(ctx)
	if err != nil {
		return false, "", err
	}
	anew := &folder{ctx: ctx, view: s.store.Glance(), stored: files, spool: s.spool, anew: map[string][]byte{bundle.PagesFile: signed}}
	after, err := anew.judge(judge, id)
	if err != nil {
		return false, "", err
	}
	if after.Verdict == verify.TotalPassed || !dossier.Acceptable(after) {
		return after.Verdict == verify.TotalPassed, after.Verdict, nil
	}
	stored := &folder{ctx: ctx, view: s.store.Glance(), stored: files, spool: s.spool}
	before, err := stored.judge(judge, id)
	if err != nil {
		return false, "", err
	}
	for _, was := range before.Signatures {
		kept := slices.ContainsFunc(after.Signatures, func(is verify.Signature) bool {
			return is.ID == was.ID && (was.Indication != verify.TotalPassed || is.Indication == verify.TotalPassed)
		})
		if !kept {
			return false, after.Verdict, nil
		}
	}
	return true, after.Verdict, nil
}

// countersignature is the document with the organisation's signature, in the place of the
// one that it extends.
type countersignature struct {
	bundle  store.Bundle
	before  store.File
	arrival arrival
	raise   bool // there is somebody to raise the signature
}

// write implements effect. Whoever comes second finds bundle, item or document changed
// (ErrStale), and looks again. The earlier revision stays retrievable, and the document
// begins anew at the level of its latest signature.
func (c *countersignature) write(ctx context.Context, tx *store.Tx, who Actor) error {
	if err := tx.TouchBundle(ctx, &c.bundle); err != nil {
		return err
	}
	level, err := tx.Level(ctx, c.bundle.ID)
	if err != nil {
		return err
	}
	a := &c.arrival
	if _, err := tx.PutContent(ctx, a.signed); err != nil {
		return err
	}
	if err := tx.CompleteItem(ctx, a.item.ID, a.digest); err != nil {
		return err
	}
	if err := tx.RaiseFile(ctx, c.bundle.ID, &c.before, level.Level, a.digest); err != nil {
		return err
	}
	level.Level, level.DocumentLapses = string(signer.LevelB), time.Time{}
	if err := tx.RaiseLevel(ctx, &level); err != nil {
		return err
	}
	if c.raise {
		if err := tx.Enqueue(ctx, raiseArgs{Bundle: c.bundle.ID}, raiseOnce()); err != nil {
			return err
		}
	}
	manifest, err := tx.File(ctx, c.bundle.ID, bundle.SignatureFile) // which the head's signature alone is in
	if err != nil {
		return err
	}
	return tx.Audit("bundles.countersign", who.Account, c.bundle.Unit, c.bundle.ID, audit.ID("request", a.item.Request),
		audit.ID("pdf", a.digest.String()), audit.ID("manifest", manifest.SHA256.String()))
}

// lapse gives up an item whose document got another revision, or is no longer in force.
type lapse struct {
	bundle store.Bundle
	item   store.Item
}

// write implements effect.
func (l *lapse) write(ctx context.Context, tx *store.Tx, who Actor) error {
	if err := tx.TouchBundle(ctx, &l.bundle); err != nil {
		return err
	}
	if err := tx.LapseItem(ctx, l.item.ID); err != nil {
		return err
	}
	return tx.Audit("countersigning.lapsed", who.Account, l.bundle.Unit, l.bundle.ID, audit.ID("request", l.item.Request))
}
