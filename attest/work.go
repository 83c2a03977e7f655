package attest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"kytiem/bundle"
	"kytiem/store"
)

// work is a bundle on its way to its signatures.
type work struct {
	store.Bundle
	files        []store.File
	manifestJSON []byte
	manifest     *bundle.Manifest
	document     *bundle.Document // as sealed: a preview
	first        bool             // its signer's certificate is to be bound with this use
	organisation bool             // whose head has signed, and which the organisation signs now

	dropped []string // ids of finished items that are given up
	items   []store.Item
	halves  []*half
	pages   []byte // that the document's item extends, unless they are stored already
}

// open reads a bundle that is to be signed.
func (s *Service) open(ctx context.Context, who Actor, id string) (*work, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err := s.guard(ctx, who, signing(who), b.Unit, id, err); err != nil {
		return nil, err
	}
	if signing(who) == CountersignBundles {
		return s.openSigned(ctx, b)
	}
	if b.Status.State == bundle.Pending {
		if b, err = s.lapsed(ctx, b); err != nil {
			return nil, err
		}
	}
	if _, err := b.Status.Apply(bundle.Request); err != nil {
		return nil, err
	}
	if err := s.lasting(ctx, id); err != nil {
		return nil, err
	}
	return s.work(ctx, b)
}

// lasting refuses a bundle that is about to be replaced, which is signed no more: its rows
// went over.
func (s *Service) lasting(ctx context.Context, id string) error {
	next, err := s.store.Glance().Successor(ctx, id)
	switch {
	case err == nil:
		return fmt.Errorf("bundle %s has the successor %s: %w", id, next.ID, bundle.ErrMove)
	case errors.Is(err, store.ErrNotFound):
		return nil
	}
	return err
}

// lapsed is a bundle after its request has expired; one that has not is ErrRequestOpen.
func (s *Service) lapsed(ctx context.Context, b store.Bundle) (store.Bundle, error) {
	r, err := s.store.Glance().RequestOf(ctx, b.ID)
	switch {
	case err == nil && r.ExpiresAt.After(s.now()):
		return b, fmt.Errorf("bundle %s: %w", b.ID, ErrRequestOpen)
	case err == nil:
		err = s.Expire(apart(ctx), r.ID)
	case errors.Is(err, store.ErrNotFound): // closed just now
		err = nil
	}
	if err != nil {
		return b, err
	}
	return s.store.Glance().Bundle(ctx, b.ID)
}

// work reads what of a bundle goes into its documents.
func (s *Service) work(ctx context.Context, b store.Bundle) (*work, error) {
	w := &work{Bundle: b}
	v := s.store.Glance()
	var err error
	if w.files, err = v.Files(ctx, b.ID); err != nil {
		return nil, err
	}
	if w.manifestJSON, err = s.content(ctx, w.files, bundle.ManifestFile); err != nil {
		return nil, err
	}
	if w.manifest, err = bundle.ParseManifest(w.manifestJSON); err != nil {
		return nil, err
	}
	documentJSON, err := s.content(ctx, w.files, bundle.DocumentFile)
	if err != nil {
		return nil, err
	}
	w.document, err = bundle.ParseDocument(documentJSON)
	return w, err
}

// content reads one of a bundle's small files whole.
func (s *Service) content(ctx context.Context, files []store.File, name string) ([]byte, error) {
	f, err := fileOf(files, name)
	if err != nil {
		return nil, err
	}
	return s.store.Glance().Content(ctx, f.SHA256)
}

func fileOf(files []store.File, name string) (store.File, error) {
	i := slices.IndexFunc(files, func(f store.File) bool { return f.Name == name })
	if i < 0 {
		return store.File{}, fmt.Errorf("%s: %w", name, store.ErrNotFound)
	}
	return files[i], nil
}

// roll reads the records, each once and in their order.
func (w *work) roll(ctx context.Context, s *Service) (*bundle.Roll, error) {
	roll, _, err := w.open(&folder{ctx: ctx, view: s.store.Glance(), stored: w.files})
	return roll, err
}

// spooled reads the records for who draws them, until done is called.
func (w *work) spooled(ctx context.Context, s *Service) (roll *bundle.Roll, done func() error, err error) {
	return w.open(&folder{ctx: ctx, view: s.store.Glance(), stored: w.files, spool: s.spool})
}

func (w *work) open(files *folder) (*bundle.Roll, func() error, error) {
	file, err := files.Open(bundle.RecordsFile)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	roll, err := w.manifest.ReadRoll(file.(io.ReaderAt), info.Size())
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	return roll, file.Close, nil
}

// attachments are the minutes and scans that lie beside the document, which it names so
// that neither can be exchanged.
func (w *work) attachments() []bundle.Attachment {
	var found []bundle.Attachment
	for _, f := range w.files {
		if f.Name == bundle.MinutesFile || bundle.IsScan(f.Name) {
			found = append(found, bundle.Attachment{Name: f.Name, SHA256: f.SHA256})
		}
	}
	return found
}
