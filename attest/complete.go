package attest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/verify"
)

// ItemSignature is one signature that came back: over the signed attributes, by the
// key of the request's first certificate; ECDSA is DER.
type ItemSignature struct {
	Item      string
	Signature []byte
}

// ItemOutcome says what became of one signature. A signature that was taken before,
// here or on another server, is no error.
type ItemOutcome struct {
	Item string
	Err  error
}

// Completion is what completing a request came to: the outcome that is kept as the answer
// to a call under an idempotency key.
type Completion struct {
	Request  SigningRequest
	Outcomes []ItemOutcome
}

// Complete puts signatures in place, item by item: what is good is kept even when
// another is not. A bundle both of whose items are signed is judged as a whole by our
// own verifier and becomes signed; a predecessor becomes superseded with it.
func (s *Service) Complete(ctx context.Context, who Actor, request string, signatures []ItemSignature) (SigningRequest, []ItemOutcome, error) {
	if len(signatures) > 2*MaxBundles {
		return SigningRequest{}, nil, fmt.Errorf("%d signatures: %w", len(signatures), ErrTooMany)
	}
	c, err := again(func() (Completion, error) { return s.complete(ctx, who, request, signatures) })
	return c.Request, c.Outcomes, err
}

func (s *Service) complete(ctx context.Context, who Actor, id string, signatures []ItemSignature) (Completion, error) {
	r, unit, err := s.request(ctx, who, id)
	if err != nil {
		return Completion{}, err
	}
	if r.State == store.RequestLapsed || r.State == store.RequestRefused {
		return Completion{}, fmt.Errorf("request %s: %w", id, ErrRequestClosed)
	}
	outcomes := make([]ItemOutcome, len(signatures))
	var bundles []string
	arrived := make(map[string][]arrival) // by bundle
	seen := make(map[string]bool)
	for n, came := range signatures {
		outcomes[n].Item = came.Item
		at := slices.IndexFunc(r.Items, func(i store.Item) bool { return i.ID == came.Item })
		switch {
		case at < 0:
			outcomes[n].Err = fmt.Errorf("request %s: %w", id, ErrNoItem)
		case seen[came.Item]:
			outcomes[n].Err = fmt.Errorf("item %s twice in one call: %w", came.Item, ErrConflict)
		case r.Items[at].State == store.RequestOpen:
			i := r.Items[at]
			if !slices.Contains(bundles, i.Bundle) {
				bundles = append(bundles, i.Bundle)
			}
			arrived[i.Bundle] = append(arrived[i.Bundle], arrival{item: i, signature: came.Signature, outcome: &outcomes[n]})
		case r.Items[at].State == store.RequestLapsed: // just now, or it was given up since
			outcomes[n].Err = fmt.Errorf("request %s: %w", id, ErrRequestClosed)
		}
		seen[came.Item] = true
	}
	// One transaction for each bundle, so that of a hundred documents one at a time is in
	// memory; the last one answers the call.
	last := func(*store.Tx) error { return nil }
	for n, b := range bundles {
		e, err := s.assemble(ctx, b, arrived[b])
		if err != nil {
			return Completion{}, err
		}
		write := func(tx *store.Tx) error { return settle(ctx, tx, who, r, unit, b, arrived[b], e) }
		if n == len(bundles)-1 {
			last = write
			continue
		}
		_, err = step(apart(ctx), s, who, func(tx *store.Tx) (struct{}, error) { return struct{}{}, write(tx) })
		if err != nil {
			return Completion{}, err
		}
	}
	return step(ctx, s, who, func(tx *store.Tx) (Completion, error) {
		if err := last(tx); err != nil {
			return Completion{}, err
		}
		now, err := tx.Request(ctx, id)
		if err != nil {
			return Completion{}, err
		}
		if now.State == store.RequestOpen && !awaited(now) {
			if now.State, err = conclude(ctx, tx, who, unit, now); err != nil {
				return Completion{}, err
			}
		}
		c := Completion{Outcomes: outcomes}
		c.Request, err = told(now)
		return c, err
	})
}

// awaited reports whether a signature of a request can still come.
func awaited(r store.Request) bool {
	return slices.ContainsFunc(r.Items, func(i store.Item) bool { return i.State == store.RequestOpen })
}

// conclude closes a request for which nothing comes any more: it is done with all of its
// signatures, and lapsed where one of them is no longer asked for.
func conclude(ctx context.Context, tx *store.Tx, who Actor, unit string, r store.Request) (store.RequestState, error) {
	to := store.RequestDone
	if !finished(r) {
		to = store.RequestLapsed
	}
	if err := tx.CloseRequest(ctx, r.ID, to); err != nil {
		return "", err
	}
	return to, tx.Audit("signing."+string(to), who.Account, unit, r.ID, audit.Count("items", int64(len(r.Items))))
}

// finished reports whether every signature of a request is there.
func finished(r store.Request) bool {
	return !slices.ContainsFunc(r.Items, func(i store.Item) bool { return i.State != store.RequestDone })
}

// arrival is a signature that came back for an open item, and what is made of it.
type arrival struct {
	item      store.Item
	signature []byte
	outcome   *ItemOutcome

	half   *half
	signed []byte // the document, or the CMS
	digest store.Digest
}

// effect is what comes of the signatures that came for one bundle, to be written within a
// transaction.
type effect interface {
	write(ctx context.Context, tx *store.Tx, who Actor) error
}

// nothing is the effect of signatures of which none was good.
type nothing struct{}

func (nothing) write(context.Context, *store.Tx, Actor) error { return nil }

// filing is what a bundle gets out of its head's signatures: one, or the two that make it
// signed.
type filing struct {
	bundle   store.Bundle
	arrivals []arrival // good ones
	stored   []store.File
	document *arrival // nil where there is none
	manifest *arrival
	old      *succession
	raise    bool // there is somebody to raise the signatures
}

// whole reports whether both signatures are there.
func (f *filing) whole() bool { return f.document != nil && f.manifest != nil }

// assemble puts a bundle's signatures in place and has them judged, all outside of a
// transaction. What our own verifier would not accept is not kept; the outcome says so.
func (s *Service) assemble(ctx context.Context, id string, arrivals []arrival) (effect, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err != nil {
		return nil, err
	}
	for n := range arrivals {
		if arrivals[n].half, err = halfOf(arrivals[n].item); err != nil {
			return nil, err
		}
	}
	if arrivals[0].half.Organisation {
		return s.assembleOrganisation(ctx, b, arrivals[0])
	}
	if b.Status.State != bundle.Pending { // whoever completed, expired or refused came between it and the request
		return nil, fmt.Errorf("bundle %s is %s: %w", id, b.Status.State, store.ErrStale)
	}
	f := &filing{bundle: b, raise: s.o.Timestamper != nil}
	for _, a := range arrivals {
		good, err := s.embed(ctx, &a)
		if err != nil {
			return nil, err
		}
		if good {
			f.arrivals = append(f.arrivals, a)
		}
	}
	if len(f.arrivals) == 0 {
		return nothing{}, nil
	}
	if f.stored, err = v.Files(ctx, id); err != nil {
		return nil, err
	}
	if err := s.pair(ctx, f); err != nil {
		return nil, err
	}
	report, err := s.judgeFiling(ctx, f)
	if err != nil {
		return nil, err
	}
	if !dossier.Acceptable(report) {
		s.log.WarnContext(ctx, "signature not accepted", slog.String("bundle", id), slog.String("verdict", string(report.Verdict)))
		for _, a := range f.arrivals {
			a.outcome.Err = fmt.Errorf("bundle %s, verdict %s: %w", id, report.Verdict, ErrNotAccepted)
		}
		return nothing{}, nil
	}
	if f.whole() {
		f.old, err = s.succeed(ctx, b)
	}
	return f, err
}

// embed puts a signature where it belongs. One that is not good is its outcome, and no
// error.
func (s *Service) embed(ctx context.Context, a *arrival) (good bool, err error) {
	base, err := s.base(ctx, a.item)
	if err != nil {
		return false, err
	}
	a.signed, a.outcome.Err = a.half.Prepared.Complete(base, a.signature, s.now())
	a.digest = sha256.Sum256(a.signed)
	return a.outcome.Err == nil, nil
}

// settle writes what came of a bundle's signatures: which of them are not good, and the
// effect of those that are.
func settle(ctx context.Context, tx *store.Tx, who Actor, r store.Request, unit, id string, arrivals []arrival, e effect) error {
	if facts := rejections(arrivals); len(facts) > 0 {
		if err := tx.Audit("signing.rejected", who.Account, unit, id, facts...); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(arrivals, func(a arrival) bool { return a.outcome.Err == nil }) {
		// What was bound when the request was opened may have been ended since.
		if err := stillBound(ctx, tx, r.Certificate, who.Account, unit); err != nil {
			return err
		}
	}
	return e.write(ctx, tx, who)
}

// rejections says, for the chain, which signatures are not good and why, by codes.
func rejections(arrivals []arrival) []audit.Fact {
	var facts []audit.Fact
	for _, a := range arrivals {
		var code string
		switch err := a.outcome.Err; {
		case err == nil, errors.Is(err, ErrRevised): // which has an entry of its own
			continue
		case errors.Is(err, ErrNotAccepted):
			code = "not-accepted"
		case errors.Is(err, signer.ErrLapsed):
			code = "lapsed"
		case errors.Is(err, signer.ErrSignature):
			code = "signature"
		default:
			code = "unusable"
		}
		if facts == nil {
			facts = append(facts, audit.ID("request", a.item.Request))
		}
		facts = append(facts, audit.ID(a.item.Kind, code))
	}
	return facts
}

// pair finds the two signatures of a bundle, among those that came and those that an
// earlier call brought.
func (s *Service) pair(ctx context.Context, f *filing) error {
	put := func(a *arrival) {
		if signer.Kind(a.item.Kind) == signer.Document {
			f.document = a
		} else {
			f.manifest = a
		}
	}
	for n := range f.arrivals {
		put(&f.arrivals[n])
	}
	if len(f.arrivals) > 1 {
		return nil
	}
	items, err := s.store.Glance().ItemsOf(ctx, f.bundle.ID)
	if err != nil {
		return err
	}
	for _, i := range items {
		if i.State != store.RequestDone || i.Kind == f.arrivals[0].item.Kind {
			continue
		}
		a := &arrival{item: i, digest: i.Signed}
		if a.half, err = halfOf(i); err != nil {
			return err
		}
		if a.signed, err = s.store.Glance().Content(ctx, i.Signed); err != nil {
			return err
		}
		put(a)
	}
	return nil
}

// judgeFiling is our own verdict: on the whole bundle where both signatures are there, on
// the one signature else.
func (s *Service) judgeFiling(ctx context.Context, f *filing) (*verify.Report, error) {
	judge, err := s.judge(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case f.whole():
		files := &folder{ctx: ctx, view: s.store.Glance(), stored: f.stored, spool: s.spool, anew: map[string][]byte{
			bundle.PagesFile: f.document.signed, bundle.DocumentFile: f.document.half.Document, bundle.SignatureFile: f.manifest.signed,
		}}
		return files.judge(judge, f.bundle.ID)
	case f.document != nil:
		return judge.PDF(ctx, bundle.PagesFile, f.document.signed), nil
	}
	content, err := s.content(ctx, f.stored, bundle.ManifestFile)
	if err != nil {
		return nil, err
	}
	return judge.Detached(ctx, bundle.SignatureFile, f.manifest.signed, content)
}

// write keeps the signatures, and with both of them the bundle is signed. Whoever comes
// second finds the bundle or the item changed (ErrStale), and looks again.
func (f *filing) write(ctx context.Context, tx *store.Tx, who Actor) error {
	var err error
	if f.whole() {
		err = tx.MoveBundle(ctx, &f.bundle, bundle.Sign)
	} else {
		err = tx.TouchBundle(ctx, &f.bundle) // so that the other signature sees this one
	}
	if err != nil {
		return err
	}
	var contents [][]byte
	for _, a := range f.arrivals {
		contents = append(contents, a.signed)
	}
	if f.whole() {
		contents = append(contents, f.document.half.Document)
	}
	kept, err := tx.PutContents(ctx, contents...)
	if err != nil {
		return err
	}
	facts := []audit.Fact{audit.ID("request", f.arrivals[0].item.Request)}
	for _, a := range f.arrivals {
		if err := tx.CompleteItem(ctx, a.item.ID, a.digest); err != nil {
			return err
		}
		facts = append(facts, audit.ID(a.item.Kind, a.digest.String()))
	}
	err = tx.Audit("signing.completed", who.Account, f.bundle.Unit, f.bundle.ID, facts...)
	if err != nil || !f.whole() {
		return err
	}
	for name, content := range map[string]store.Digest{bundle.PagesFile: f.document.digest, bundle.DocumentFile: kept[len(kept)-1]} {
		before, err := fileOf(f.stored, name)
		if err != nil {
			return err
		}
		if err := tx.ReplaceFile(ctx, f.bundle.ID, name, before.SHA256, content); err != nil {
			return err
		}
	}
	if err := tx.AddFile(ctx, f.bundle.ID, bundle.SignatureFile, f.manifest.digest); err != nil {
		return err
	}
	if err := tx.AddLevel(ctx, f.bundle.ID, string(signer.LevelB)); err != nil {
		return err
	}
	if f.raise { // later: the head's act never waits for an authority
		if err := tx.Enqueue(ctx, raiseArgs{Bundle: f.bundle.ID}, raiseOnce()); err != nil {
			return err
		}
	}
	err = tx.Audit("bundles.sign", who.Account, f.bundle.Unit, f.bundle.ID, audit.ID("root", f.bundle.Root.String()),
		audit.ID("pdf", f.document.digest.String()), audit.ID("manifest", f.manifest.digest.String()))
	if err != nil {
		return err
	}
	return f.old.write(ctx, tx, who)
}
