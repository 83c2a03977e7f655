package dossier

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"kytiem/bundle"
	"kytiem/minutes"
)

// MinutesOptions say what the minutes state beside the bundle itself. What is
// empty is left blank, to be filled in by hand.
type MinutesOptions struct {
	Parties []minutes.Party
	Reason  string
	Number  string
	Venue   string
	Start   string // see minutes.Minutes
	End     string
}

// DrawMinutes draws minutes.pdf into a bundle directory. A bundle that is signed
// needs none: ErrSigned. Minutes that are there already are only replaced while
// there is no scan of them.
func DrawMinutes(dir string, o MinutesOptions) error {
	d, err := open(dir, true)
	if err != nil {
		return err
	}
	defer d.close()
	if d.has(bundle.SignatureFile) {
		return fmt.Errorf("%s: %w", dir, ErrSigned)
	}
	for _, name := range d.names {
		if bundle.IsScan(name) {
			return fmt.Errorf("%s holds a scan of its minutes: %w", dir, ErrExists)
		}
	}
	m, err := NewMinutes(d.document, d.manifest.Unit, o)
	if err != nil {
		return err
	}
	// Beside the directory, not in it: half a file within would be a file too many.
	st, err := stage(d.path)
	if err != nil {
		return err
	}
	defer st.discard()
	making := st.path(bundle.MinutesFile)
	err = writeFile(making, func(f *os.File) error { return minutes.Draw(f, d.manifestJSON, m, d.roll) })
	if err != nil {
		return err
	}
	return os.Rename(making, filepath.Join(d.path, bundle.MinutesFile))
}

// NewMinutes words the minutes of a bundle that document describes.
func NewMinutes(document *bundle.Document, unit bundle.UnitName, o MinutesOptions) (*minutes.Minutes, error) {
	m := &minutes.Minutes{
		V: minutes.Version, Agency: document.Agency, Parent: document.Parent,
		Notation: "BB" + strings.TrimPrefix(document.Notation, "BC"), Number: o.Number,
		Parties: o.Parties, Reason: strings.Join(strings.Fields(o.Reason), " "), Venue: o.Venue, Start: o.Start, End: o.End,
		Recipients: recipients(document.Recipients),
	}
	if m.Number != "" {
		number, err := Number(m.Number)
		if err != nil {
			return nil, err
		}
		m.Number = number
	}
	return m, m.Check(unit)
}

// recipients are those of the document without the line about filing, which
// minutes word differently.
func recipients(of []string) []string {
	var kept []string
	for _, r := range of {
		if r != filing {
			kept = append(kept, r)
		}
	}
	return kept
}
