package attest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/minutes"
	"kytiem/pades"
	"kytiem/store"
)

// MinutesOrder says what minutes state beside the bundle.
type MinutesOrder = dossier.MinutesOptions

// scanFile is the scan of the signed minutes among a bundle's files.
const scanFile = "scan.pdf"

// DrawMinutes draws the joint minutes of a sealed bundle, or draws them again as long
// as their scan is not there. It is the fallback while there is no certificate, and
// changes no state: a paper is made.
func (s *Service) DrawMinutes(ctx context.Context, who Actor, id string, o MinutesOrder) (Bundle, error) {
	return gaveWay(func() (Bundle, error) { return s.drawMinutes(ctx, who, id, o) })
}

func (s *Service) drawMinutes(ctx context.Context, who Actor, id string, o MinutesOrder) (Bundle, error) {
	b, err := s.store.Glance().Bundle(ctx, id)
	if err := s.guard(ctx, who, DrawMinutes, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	if _, err := b.Status.Apply(bundle.Confirm); err != nil {
		return Bundle{}, err
	}
	w, err := s.work(ctx, b)
	if err != nil {
		return Bundle{}, err
	}
	m, err := dossier.NewMinutes(w.document, w.manifest.Unit, o) // before a number is used up
	if err != nil {
		return Bundle{}, err
	}
	before, err := s.minutesNumber(ctx, who, w, m)
	if err != nil {
		return Bundle{}, err
	}
	roll, done, err := w.spooled(ctx, s)
	if err != nil {
		return Bundle{}, err
	}
	defer done() //nolint:errcheck // only read
	var pages bytes.Buffer
	if err := minutes.Draw(&pages, w.manifestJSON, m, roll); err != nil {
		return Bundle{}, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) {
		if err := tx.TouchBundle(ctx, &b); err != nil {
			return Bundle{}, err
		}
		sum, _, err := tx.PutBlob(ctx, &pages)
		switch {
		case err != nil:
		case before == (store.Digest{}):
			err = tx.AddFile(ctx, id, bundle.MinutesFile, sum)
		case before != sum:
			err = tx.ReplaceFile(ctx, id, bundle.MinutesFile, before, sum)
		}
		if err != nil {
			return Bundle{}, err
		}
		if err := tx.Audit("minutes.draw", who.Account, b.Unit, id, audit.ID("minutes", sum.String())); err != nil {
			return Bundle{}, err
		}
		return gather(ctx, &tx.View, b)
	})
}

// minutesNumber numbers minutes: as they say, or as the ones they replace, or next in the
// unit's register. before is the file that is replaced.
func (s *Service) minutesNumber(ctx context.Context, who Actor, w *work, m *minutes.Minutes) (before store.Digest, err error) {
	f, err := fileOf(w.files, bundle.MinutesFile)
	if err == nil {
		before = f.SHA256
		drawn, err := s.content(ctx, w.files, bundle.MinutesFile)
		if err != nil {
			return before, err
		}
		last, err := minutesIn(drawn)
		if err != nil {
			return before, err
		}
		if m.Number = cmp.Or(m.Number, last.Number); m.Number == last.Number { // which the register has
			return before, nil
		}
	}
	m.Number, err = step(apart(ctx), s, who, func(tx *store.Tx) (string, error) {
		return enter(ctx, tx, who, store.Register{Unit: w.Unit, Year: today(tx.Now()).Year, Kind: registerOfMinutes}, w.ID, m.Number)
	})
	return before, err
}

// minutesIn reads what drawn minutes carry.
func minutesIn(pages []byte) (*minutes.Minutes, error) {
	file, err := pades.Open(pages)
	if err != nil {
		return nil, err
	}
	said, err := file.Embedded(0, minutes.EmbeddedName)
	if err != nil {
		return nil, err
	}
	return minutes.Parse(said)
}

// MaxScanBytes bounds a scan.
const MaxScanBytes = 64 << 20

// ConfirmMinutes keeps the scan of the signed minutes, a PDF, and the bundle is minuted.
// Whether the scan shows these minutes is not looked at yet: who sends it answers for
// it, and the answer says so.
func (s *Service) ConfirmMinutes(ctx context.Context, who Actor, id string, scan *os.File) (Bundle, error) {
	return gaveWay(func() (Bundle, error) { return s.confirmMinutes(ctx, who, id, scan) })
}

func (s *Service) confirmMinutes(ctx context.Context, who Actor, id string, scan *os.File) (Bundle, error) {
	v := s.store.Glance()
	b, err := v.Bundle(ctx, id)
	if err := s.guard(ctx, who, ConfirmMinutes, b.Unit, id, err); err != nil {
		return Bundle{}, err
	}
	if _, err := b.Status.Apply(bundle.Confirm); err != nil {
		return Bundle{}, err
	}
	drawn, err := v.File(ctx, id, bundle.MinutesFile)
	if errors.Is(err, store.ErrNotFound) {
		err = fmt.Errorf("bundle %s: %w", id, ErrNoMinutes)
	}
	if err == nil {
		err = checkScan(scan)
	}
	if err != nil {
		return Bundle{}, err
	}
	old, err := s.succeed(ctx, b)
	if err != nil {
		return Bundle{}, err
	}
	return step(ctx, s, who, func(tx *store.Tx) (Bundle, error) {
		if err := tx.MoveBundle(ctx, &b, bundle.Confirm); err != nil {
			return Bundle{}, err
		}
		if _, err := scan.Seek(0, io.SeekStart); err != nil {
			return Bundle{}, err
		}
		sum, size, err := tx.PutBlob(ctx, io.LimitReader(scan, MaxScanBytes))
		if err == nil {
			err = tx.AddFile(ctx, id, scanFile, sum)
		}
		if err != nil {
			return Bundle{}, err
		}
		err = tx.Audit("minutes.confirm", who.Account, b.Unit, id, audit.ID("minutes", drawn.SHA256.String()),
			audit.ID("scan", sum.String()), audit.Count("bytes", size))
		if err == nil {
			err = old.write(ctx, tx, who)
		}
		if err != nil {
			return Bundle{}, err
		}
		return gather(ctx, &tx.View, b)
	})
}

// checkScan asks whether a file is a PDF that everybody can open.
func checkScan(scan *os.File) error {
	if _, err := scan.Seek(0, io.SeekStart); err != nil {
		return err
	}
	content, err := io.ReadAll(io.LimitReader(scan, MaxScanBytes+1))
	if err != nil {
		return fmt.Errorf("reading the scan: %w", err)
	}
	if len(content) > MaxScanBytes {
		return fmt.Errorf("scan of more than %d bytes: %w", MaxScanBytes, bundle.ErrTooLarge)
	}
	if !bytes.HasPrefix(content, []byte("%PDF-")) {
		return ErrNotScan
	}
	file, err := pades.Open(content)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotScan, err)
	}
	if file.Encrypted() {
		return fmt.Errorf("%w: %w", ErrNotScan, pades.ErrEncrypted)
	}
	return nil
}
