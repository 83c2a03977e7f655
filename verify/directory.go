package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"kytiem/bundle"
	"kytiem/paper"
)

// MaxDocumentBytes bounds one PDF that is read whole: larger ones are refused
// before they are read.
const MaxDocumentBytes = 100 << 20

// directory is a bundle directory while it is judged.
type directory struct {
	v      *Verifier
	files  fs.FS
	names  []string // of the files, sorted
	report *Report
	checks *checks // of the report

	manifestJSON, documentJSON []byte
	manifest                   *bundle.Manifest
	document                   *bundle.Document
	records                    fs.File // what roll reads from
	roll                       *bundle.Roll

	// unsignedTail says that bundle.pdf goes on after the pages, which only
	// signatures may.
	unsignedTail bool
}

// Directory judges a bundle directory as one input: the records are read and the
// root recomputed, the counts compared, annexes and pages drawn again and compared
// byte for byte, and both signatures judged. Whatever byte of a file of the
// directory is changed, it does not pass. The error is about a directory that
// holds no readable manifest.
func (v *Verifier) Directory(ctx context.Context, name string, files fs.FS) (*Report, error) {
	v = v.fixed()
	d := &directory{v: v, files: files}
	d.report = v.report(name, "bundle", nil)
	d.checks = (*checks)(&d.report.Checks)
	if err := d.list(); err != nil {
		return nil, fmt.Errorf("reading bundle directory %s: %w", name, err)
	}
	manifestJSON, err := d.read(bundle.ManifestFile, bundle.MaxManifestBytes)
	if err != nil {
		return nil, fmt.Errorf("reading bundle directory %s: %w", name, err)
	}
	d.manifestJSON = manifestJSON
	d.report.Document.SHA256 = hexSHA256(manifestJSON)
	if d.judgeManifest() {
		d.judgeRecords()
		d.judgeDocument()
		d.judgeAnnexes()
		d.judgeAttachments()
		d.judgeSignatures(ctx)
		d.judgeCompleteness()
	}
	d.close()
	d.report.settle()
	return d.report, nil
}

func (d *directory) close() {
	if d.records != nil {
		_ = d.records.Close() // only read
	}
}

// errNoFile says that the directory lacks a file.
var errNoFile = errors.New("no such file in the bundle directory")

// open opens one of the files that were listed; nothing else is opened.
func (d *directory) open(name string) (fs.File, error) {
	if !d.has(name) {
		return nil, fmt.Errorf("%s: %w", name, errNoFile)
	}
	return d.files.Open(name)
}

// read reads one file of the directory, bounded.
func (d *directory) read(name string, limit int64) ([]byte, error) {
	f, err := d.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s: more than %d bytes: %w", name, limit, bundle.ErrTooLarge)
	}
	return data, err
}

func (d *directory) list() error {
	entries, err := fs.ReadDir(d.files, ".")
	if err != nil {
		return err
	}
	d.report.Document.Size = 0
	for _, entry := range entries {
		// A link, a pipe or a device is no file of a bundle: it can show one thing to us
		// and another to the next reader, or nothing and for ever.
		if !entry.Type().IsRegular() {
			d.checks.fail("R-D2", FormatFailure, "bundle.files", fmt.Sprintf("%.64q is not a regular file", entry.Name()))
			continue
		}
		d.names = append(d.names, entry.Name())
		if info, err := entry.Info(); err == nil {
			d.report.Document.Size += info.Size()
		}
	}
	return nil
}

// has reports whether the directory holds a file of this name.
func (d *directory) has(name string) bool { return slices.Contains(d.names, name) }

// judgeCompleteness is the last line: a rule that was not applied, for whatever
// reason, is not a rule that holds.
func (d *directory) judgeCompleteness() {
	rules := []string{"R-D1", "R-D3", "R-D4", "R-D5"}
	if len(d.manifest.Annexes) > 0 {
		rules = append(rules, "R-D6")
	}
	if len(d.report.Signatures) > 0 {
		rules = append(rules, "R-D9")
	}
	for _, rule := range rules {
		if !d.checks.speak(rule) {
			d.checks.fail(rule, FormatFailure, "bundle.files", "could not be checked")
		}
	}
}

// judgeManifest applies R-D1 (the manifest is canonical and agrees with itself) and
// R-D2 (every file of a bundle is there, and no other).
func (d *directory) judgeManifest() bool {
	m, err := bundle.ParseManifest(d.manifestJSON)
	if err != nil {
		d.checks.fail("R-D1", FormatFailure, "", err.Error())
		return false
	}
	d.manifest = m
	d.report.Bundle = bundleOf(m)
	d.checks.held("R-D1")
	known := []string{bundle.ManifestFile, bundle.RecordsFile, bundle.DocumentFile, bundle.PagesFile}
	for _, annex := range m.Annexes {
		known = append(known, annex.Name)
	}
	for _, name := range known {
		if !d.has(name) {
			d.checks.fail("R-D2", FormatFailure, "bundle.files", "no "+name)
		}
	}
	for _, name := range d.names {
		if !slices.Contains(known, name) && name != bundle.SignatureFile && name != bundle.MinutesFile && !bundle.IsScan(name) {
			d.checks.fail("R-D2", SigConstraintsFailure, "bundle.files", fmt.Sprintf("%.64q is no part of a bundle", name))
		}
	}
	d.checks.held("R-D2")
	return true
}

// judgeRecords applies R-D3: records.ndjson is canonical and hashes to the root
// that the manifest states, with its counts, period and unit.
func (d *directory) judgeRecords() {
	f, err := d.open(bundle.RecordsFile)
	if err != nil {
		d.checks.fail("R-D3", FormatFailure, "bundle.files", err.Error())
		return
	}
	d.records = f
	source, ok := f.(io.ReaderAt)
	info, statErr := f.Stat()
	if !ok || statErr != nil {
		d.checks.fail("R-D3", FormatFailure, "bundle.records", "records.ndjson cannot be read at random")
		return
	}
	roll, err := d.manifest.ReadRoll(source, info.Size())
	if err != nil {
		d.checks.fail("R-D3", HashFailure, "bundle.records", err.Error())
		return
	}
	d.roll = roll
	d.checks.ok("R-D3", fmt.Sprintf("%d records hash to the root, counts agree", roll.Len()))
}

// judgeDocument applies R-D4 (document.json canonical) and R-D5: bundle.pdf begins
// with exactly the pages that records, manifest and document.json draw.
func (d *directory) judgeDocument() {
	documentJSON, err := d.read(bundle.DocumentFile, bundle.MaxDocumentBytes)
	if err == nil {
		d.document, err = bundle.ParseDocument(documentJSON)
	}
	switch {
	case errors.Is(err, bundle.ErrVersion):
		d.checks.fail("R-D4", SigConstraintsFailure, "", "document.json of a layout that this version cannot draw")
		return
	case err != nil:
		d.checks.fail("R-D4", FormatFailure, "", err.Error())
		return
	}
	d.documentJSON = documentJSON
	d.checks.held("R-D4")
	if d.roll == nil {
		return
	}
	d.unsignedTail = d.redraw("R-D5", bundle.PagesFile, "bundle.pages", func(c *comparer) error {
		return d.v.Drawn.bundle(d.manifestJSON, d.documentJSON, c, func(w io.Writer) error {
			return paper.Bundle(w, d.manifestJSON, d.documentJSON, d.roll)
		})
	})
}
