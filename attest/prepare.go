package attest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/paper"
	"kytiem/signer"
	"kytiem/store"
)

// heldBytes is how large a document may be and still wait in memory for the last
// transaction of its step; a hundred larger ones would not fit.
const heldBytes = 1 << 20

// Prepare draws the documents with number and date and opens a signing request for
// them and their manifests, after asking whether the certificate is fit, trusted, in force
// and its holder the unit and the account (TT 15/2025/TT-BKHCN, Phụ lục II). A
// certificate that carries the unit's identifier is bound to the account on its first
// use. A signature that an earlier request brought home under the same certificate is
// kept, and only the missing one asked for.
//
// A clerk's request is for the organisation's signature, on documents that their heads have
// signed and only on those; see countersign.go.
func (s *Service) Prepare(ctx context.Context, who Actor, o SigningOrder) (SigningRequest, error) {
	if signing(who) == CountersignBundles { // which a raise can get in the way of at any moment
		return again(func() (SigningRequest, error) { return s.prepareAll(ctx, who, o) })
	}
	return s.prepareAll(ctx, who, o)
}

func (s *Service) prepareAll(ctx context.Context, who Actor, o SigningOrder) (SigningRequest, error) {
	if err := o.check(); err != nil {
		return SigningRequest{}, err
	}
	var works []*work
	for _, id := range o.Bundles {
		w, err := s.open(ctx, who, id)
		if err != nil {
			return SigningRequest{}, err
		}
		works = append(works, w)
	}
	fit, err := s.fit(ctx, signing(who), o.Certificates)
	if err != nil {
		return SigningRequest{}, err
	}
	options, err := s.options(&o)
	if err != nil {
		return SigningRequest{}, err
	}
	for _, w := range works {
		if err := w.checkHolder(o.Certificates); err != nil {
			return SigningRequest{}, err
		}
		if w.first, err = s.bound(ctx, who, o.Certificates[0], w.Unit, w.manifest.Unit.Identifier); err != nil {
			return SigningRequest{}, err
		}
	}
	for _, w := range works {
		if err := s.prepare(ctx, who, &o, options, w); err != nil {
			return SigningRequest{}, fmt.Errorf("bundle %s: %w", w.ID, err)
		}
	}
	return step(ctx, s, who, func(tx *store.Tx) (SigningRequest, error) {
		return request(ctx, tx, who, &o, works, fit)
	})
}

// check asks whether an order can be one, and brings its bundles into one order, in which
// every step locks them.
func (o *SigningOrder) check() error {
	o.Carrier = cmp.Or(o.Carrier, CarrierAPI)
	o.Bundles = slices.Compact(slices.Sorted(slices.Values(o.Bundles)))
	switch {
	case o.Carrier == CarrierAgent || o.Carrier == CarrierCSC:
		return fmt.Errorf("%s comes later: %w", o.Carrier, ErrCarrier)
	case o.Carrier != CarrierAPI:
		return ErrCarrier
	case len(o.Certificates) == 0:
		return signer.ErrNoCertificate
	case len(o.Bundles) == 0:
		return fmt.Errorf("no bundles: %w", bundle.ErrMalformed)
	case len(o.Bundles) > MaxBundles:
		return fmt.Errorf("%d bundles: %w", len(o.Bundles), ErrTooMany)
	case o.Number != "" && len(o.Bundles) > 1:
		return fmt.Errorf("one number for several documents: %w", bundle.ErrMalformed)
	}
	if o.Number == "" {
		return nil
	}
	var err error
	o.Number, err = dossier.Number(o.Number)
	return err
}

// MaxBackdated is how many days a document may be dated back: for the week in which the
// head was to sign it and could not.
const MaxBackdated = 7

// dated asks whether a document of these results can bear the date ordered. A document is
// of the day on which the head signs it (Nghị định 30/2020/NĐ-CP, Điều 9), and never of a
// day to come: its number is that year's.
func (o *SigningOrder) dated(m *bundle.Manifest, now time.Time) error {
	date := o.Date
	if date.IsZero() {
		date = today(now)
	}
	if date.Day == 0 || date.Compare(today(now)) > 0 || date.Compare(today(now.AddDate(0, 0, -MaxBackdated))) < 0 || date.Compare(m.Period.To) < 0 {
		return fmt.Errorf("document of %s: %w", date, ErrDocumentDate)
	}
	return nil
}

// agrees asks whether what is ordered is what a document that is signed already says.
func (o *SigningOrder) agrees(documentJSON []byte) error {
	signed, err := bundle.ParseDocument(documentJSON)
	if err != nil {
		return err
	}
	if o.Number != "" && o.Number != signed.Number || !o.Date.IsZero() && o.Date != signed.Date ||
		o.Place != "" && o.Place != signed.Place || o.Capacity != nil && *o.Capacity != signed.Capacity {
		return ErrDocumentSigned
	}
	return nil
}

// options are those that all signatures of an order are made under. What the service does
// not accept is refused here, before anything is opened.
func (s *Service) options(o *SigningOrder) (signer.Options, error) {
	options := signer.Options{Certificates: o.Certificates, PSS: o.PSS, Algorithm: o.Algorithm, Now: s.now().In(bundle.VietnamTime()),
		Lifetime: s.o.Lifetime}
	if o.PSS && o.Algorithm != "" {
		return options, fmt.Errorf("PSS beside an algorithm: %w", bundle.ErrMalformed)
	}
	algorithm, err := options.AlgorithmFor(o.Certificates[0])
	if err != nil {
		return options, err
	}
	if !slices.Contains(s.o.Algorithms, algorithm) {
		return options, fmt.Errorf("%s: %w", algorithm, ErrAlgorithm)
	}
	if o.Picture != nil {
		options.Picture, err = paper.ReadPicture(o.Picture)
	}
	return options, err
}

// checkHolder asks whether a certificate is one to sign this bundle with.
func (w *work) checkHolder(certificates []*x509.Certificate) error {
	if w.organisation {
		return dossier.CheckOrganisation(w.manifest, certificates)
	}
	return dossier.CheckHolder(w.manifest, w.document, certificates)
}

// prepare draws up the items that are still needed for a bundle.
func (s *Service) prepare(ctx context.Context, who Actor, o *SigningOrder, options signer.Options, w *work) error {
	if w.organisation {
		return s.prepareOrganisation(ctx, o, options, w)
	}
	kept, err := s.kept(ctx, w, sha256.Sum256(o.Certificates[0].Raw))
	if err != nil {
		return err
	}
	if pages, signed := kept[signer.Document]; signed { // the manifest alone is missing
		if err := o.agrees(pages.Document); err != nil {
			return err
		}
		options.Title = strings.TrimSuffix(pages.Prepared.Request.Title, bundle.PagesFile) + bundle.ManifestFile
		prepared, err := signer.PrepareManifest(w.manifestJSON, options)
		if err != nil {
			return err
		}
		manifest, err := fileOf(w.files, bundle.ManifestFile)
		if err != nil {
			return err
		}
		return w.add(&half{Prepared: prepared}, manifest.SHA256)
	}
	if err := o.dated(w.manifest, options.Now); err != nil {
		return err
	}
	finish := dossier.Finish{Number: cmp.Or(o.Number, w.Number, "1"), Date: o.Date, Place: o.Place, Capacity: o.Capacity,
		Certificate: o.Certificates[0], Attachments: w.attachments(), Now: options.Now}
	document, err := finish.Document(w.document, w.manifest) // before a number is used up
	if err != nil {
		return err
	}
	if err := s.number(ctx, who, o, w, document); err != nil {
		return err
	}
	documentJSON, err := bundle.Canonical(document)
	if err != nil {
		return err
	}
	roll, done, err := w.spooled(ctx, s)
	if err != nil {
		return err
	}
	defer done() //nolint:errcheck // only read
	var pages bytes.Buffer
	if err := paper.Bundle(&pages, w.manifestJSON, documentJSON, roll); err != nil {
		return err
	}
	base := sha256.Sum256(pages.Bytes())
	s.drawn.Add(w.manifestJSON, documentJSON, base, pages.Len())
	pair, err := dossier.Prepare(pages.Bytes(), w.manifestJSON, w.manifest, document, options)
	if err != nil {
		return err
	}
	if err := w.add(&half{Prepared: pair.Document, Document: documentJSON}, base); err != nil {
		return err
	}
	if w.pages = pages.Bytes(); len(w.pages) > heldBytes {
		if err := s.keep(ctx, w.pages); err != nil {
			return err
		}
		w.pages = nil
	}
	if _, signed := kept[signer.Manifest]; signed {
		return nil
	}
	return w.add(&half{Prepared: pair.Manifest}, sha256.Sum256(w.manifestJSON))
}

// keep stores something large before the step that needs it; should that fail, it is
// content that nothing names.
func (s *Service) keep(ctx context.Context, content []byte) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.PutContent(ctx, content)
		return err
	})
}

func (w *work) add(h *half, base store.Digest) error {
	kept, err := json.Marshal(h)
	if err != nil {
		return err
	}
	w.halves = append(w.halves, h)
	w.items = append(w.items, store.Item{ID: bundle.NewID(), Bundle: w.ID, Kind: string(h.Prepared.Request.Kind), Base: base,
		Prepared: string(kept), State: store.RequestOpen})
	return nil
}

// kept are the finished signatures that stay. Those under another certificate are given
// up, and a document beside which minutes or a scan have come to lie since.
func (s *Service) kept(ctx context.Context, w *work, certificate store.Digest) (map[signer.Kind]*half, error) {
	items, err := s.store.Glance().ItemsOf(ctx, w.ID)
	if err != nil {
		return nil, err
	}
	kept := make(map[signer.Kind]*half)
	for _, i := range items {
		if i.State != store.RequestDone {
			continue
		}
		r, err := s.store.Glance().Request(ctx, i.Request)
		if err != nil {
			return nil, err
		}
		h, err := halfOf(i)
		if err != nil {
			return nil, err
		}
		stays := r.Certificate == certificate
		if stays && h.Document != nil {
			document, err := bundle.ParseDocument(h.Document)
			if err != nil {
				return nil, err
			}
			stays = slices.Equal(document.Attachments, w.attachments())
		}
		if !stays {
			w.dropped = append(w.dropped, i.ID)
			continue
		}
		kept[signer.Kind(i.Kind)] = h
	}
	return kept, nil
}

// number gives the document its number, which the bundle keeps over all its requests of a
// year: the one ordered, the one it has, or the next of the unit's register.
func (s *Service) number(ctx context.Context, who Actor, o *SigningOrder, w *work, document *bundle.Document) error {
	in := store.Register{Unit: w.Unit, Year: document.Date.Year, Kind: documents}
	held, err := s.store.Glance().NumberOf(ctx, in, w.ID, w.Number)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	document.Number = cmp.Or(o.Number, held)
	if document.Number != "" && document.Number == held && held == w.Number {
		return nil
	}
	document.Number, err = step(apart(ctx), s, who, func(tx *store.Tx) (string, error) {
		number, err := enter(ctx, tx, who, in, w.ID, document.Number)
		if err != nil {
			return "", err
		}
		return number, tx.NumberBundle(ctx, &w.Bundle, number)
	})
	return err
}

// request opens the request for what was prepared, all of it or nothing.
func request(ctx context.Context, tx *store.Tx, who Actor, o *SigningOrder, works []*work, fit fitness) (SigningRequest, error) {
	leaf := o.Certificates[0]
	r := store.Request{ID: bundle.NewID(), Account: who.Account, Carrier: o.Carrier, CreatedAt: tx.Now(), State: store.RequestOpen,
		Certificate: sha256.Sum256(leaf.Raw)}
	told := SigningRequest{ID: r.ID, Carrier: r.Carrier, State: r.State, CreatedAt: r.CreatedAt, Warnings: fit.warnings}
	var asked findings // how the certificate stands now (TT 15/2025/TT-BKHCN, Phụ lục II, K1-K3)
	asked.about(fit.evidence)
	for _, w := range works {
		if err := w.take(ctx, tx); err != nil {
			return SigningRequest{}, err
		}
		for _, id := range w.dropped {
			if err := tx.DropItem(ctx, id); err != nil {
				return SigningRequest{}, err
			}
		}
		if w.pages != nil {
			if _, err := tx.PutContent(ctx, w.pages); err != nil {
				return SigningRequest{}, err
			}
		}
		// The intent stands in the chain before the signature exists.
		facts := append([]audit.Fact{audit.ID("request", r.ID), audit.ID("certificate", r.Certificate.String())}, fit.facts()...)
		if err := asked.keep(ctx, tx, w.ID); err != nil {
			return SigningRequest{}, err
		}
		for n, i := range w.items {
			h := w.halves[n]
			if r.ExpiresAt.IsZero() || h.Prepared.Request.Expires.Before(r.ExpiresAt) {
				r.ExpiresAt = h.Prepared.Request.Expires
			}
			r.Items, told.Items = append(r.Items, i), append(told.Items, h.item(i))
			facts = append(facts, audit.ID(i.Kind, hex.EncodeToString(h.Prepared.Request.DocumentSHA256)))
		}
		act := "signing.prepared"
		if w.organisation {
			act = "countersigning.prepared"
		}
		if err := tx.Audit(act, who.Account, w.Unit, w.ID, facts...); err != nil {
			return SigningRequest{}, err
		}
	}
	told.ExpiresAt = r.ExpiresAt
	if err := tx.AddRequest(ctx, r); err != nil {
		if errors.Is(err, store.ErrConflict) {
			err = fmt.Errorf("%w: %w", ErrRequestOpen, err)
		}
		return SigningRequest{}, err
	}
	if w := works[0]; w.first { // all of them are one unit's
		if _, err := bind(ctx, tx, who, bindingOf(leaf, who.Account, w.Unit), fit.facts()...); err != nil {
			return SigningRequest{}, err
		}
	} else if err := stillBound(ctx, tx, r.Certificate, who.Account, w.Unit); err != nil {
		return SigningRequest{}, err
	}
	if err := fit.note(ctx, tx); err != nil {
		return SigningRequest{}, err
	}
	return told, tx.Enqueue(ctx, expireArgs{Request: r.ID}, &river.InsertOpts{ScheduledAt: r.ExpiresAt.Add(time.Second)})
}

// expireArgs is the job that closes a request when its time is over.
type expireArgs struct {
	Request string `json:"request"`
}

// Kind implements [river.JobArgs].
func (expireArgs) Kind() string { return "signing.expire" }
