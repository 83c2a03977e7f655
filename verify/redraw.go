package verify

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"kytiem/bundle"
	"kytiem/minutes"
	"kytiem/pades"
	"kytiem/paper"
)

// redraw compares the beginning of a file with what draw writes to it, and reports
// whether the file goes on after it.
func (d *directory) redraw(rule, name, sentence string, draw func(*comparer) error) (goesOn bool) {
	f, err := d.open(name)
	if err != nil {
		d.checks.fail(rule, FormatFailure, "bundle.files", err.Error())
		return false
	}
	defer f.Close()
	w := &comparer{with: f}
	if err := draw(w); err != nil {
		d.checks.fail(rule, HashFailure, sentence, fmt.Sprintf("%s: %v", name, err))
		return false
	}
	d.checks.ok(rule, name+" is what the records draw")
	n, err := f.Read(w.buffer[:1])
	return n > 0 || !errors.Is(err, io.EOF)
}

// comparer is a writer that fails when something else is written than a reader has.
type comparer struct {
	with   io.Reader
	offset int64
	buffer [32 << 10]byte
}

var errOtherPages = errors.New("pages differ from what the records draw")

func (c *comparer) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n := min(len(p), len(c.buffer))
		if _, err := io.ReadFull(c.with, c.buffer[:n]); err != nil || !bytes.Equal(p[:n], c.buffer[:n]) {
			return written, fmt.Errorf("from byte %d on: %w", c.offset, errOtherPages)
		}
		p, written, c.offset = p[n:], written+n, c.offset+int64(n)
	}
	return written, nil
}

// begins compares the beginning of what is read with pages of which the digest is known.
func (c *comparer) begins(pages drawnPages) error {
	sum := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sum}, io.LimitReader(c.with, pages.size), c.buffer[:]); err != nil {
		return err
	}
	if [sha256.Size]byte(sum.Sum(nil)) != pages.sum {
		return errOtherPages
	}
	return nil
}

// judgeAnnexes applies R-D6: every annex file has the digest the manifest states,
// and is what the records draw.
func (d *directory) judgeAnnexes() {
	if len(d.manifest.Annexes) == 0 || d.roll == nil {
		return
	}
	order, err := d.roll.ByName()
	if err != nil {
		d.checks.fail("R-D6", HashFailure, "bundle.annex", err.Error())
		return
	}
	first := 0
	for i, annex := range d.manifest.Annexes {
		rows := order[first : first+annex.Rows]
		sum := sha256.New()
		goesOn := d.redraw("R-D6", annex.Name, "bundle.annex", func(w *comparer) error {
			return paper.Annex(io.MultiWriter(w, sum), d.manifest, i+1, len(d.manifest.Annexes), rows, first+1, d.roll)
		})
		if goesOn || bundle.HexHash(sum.Sum(nil)) != annex.SHA256 {
			d.checks.fail("R-D6", HashFailure, "bundle.annex", annex.Name+" does not have the digest in the manifest")
		}
		first += annex.Rows
	}
}

// judgeAttachments applies R-D7: minutes and scans that lie beside a document are
// those it names, and minutes are what the records draw.
func (d *directory) judgeAttachments() {
	for _, name := range d.names {
		if name != bundle.MinutesFile && !bundle.IsScan(name) {
			continue
		}
		data, err := d.read(name, MaxDocumentBytes)
		if err != nil {
			d.checks.fail("R-D7", SigConstraintsFailure, "bundle.attachment", err.Error())
			continue
		}
		d.judgeAttachment(name, sha256.Sum256(data))
		if name == bundle.MinutesFile {
			d.judgeMinutes(data)
		}
	}
	if d.document == nil {
		return
	}
	for _, a := range d.document.Attachments {
		if !d.has(a.Name) {
			d.checks.fail("R-D7", SigConstraintsFailure, "bundle.attachment", "an attachment that the document names is not there")
		}
	}
	d.checks.held("R-D7")
}

// judgeAttachment asks whether the document names this file with this digest. A
// preview names none yet.
func (d *directory) judgeAttachment(name string, sum [sha256.Size]byte) {
	if d.document == nil || d.document.Preview {
		return
	}
	named := slices.ContainsFunc(d.document.Attachments, func(a bundle.Attachment) bool {
		return a.Name == name && a.SHA256 == bundle.HexHash(sum)
	})
	if !named {
		d.checks.fail("R-D7", HashFailure, "bundle.attachment", "a file beside the document is not the one it names")
	}
}

// judgeMinutes draws the minutes again from what they carry.
func (d *directory) judgeMinutes(data []byte) {
	if d.roll == nil {
		return
	}
	var again bytes.Buffer
	m, err := minutesOf(data)
	if err == nil {
		err = minutes.Draw(&again, d.manifestJSON, m, d.roll)
	}
	switch {
	case err != nil:
		d.checks.fail("R-D7", FormatFailure, "bundle.attachment", "minutes.pdf: "+err.Error())
	case !bytes.Equal(data, again.Bytes()): // digital signatures on minutes are not judged yet
		d.checks.fail("R-D7", HashFailure, "bundle.pages", "minutes.pdf is not what the records draw")
	default:
		d.checks.ok("R-D7", "minutes.pdf is what the records draw")
		if slices.ContainsFunc(d.names, bundle.IsScan) && d.document != nil && d.document.Preview {
			d.report.Bundle.Status = string(bundle.Minuted)
		}
	}
}

func minutesOf(data []byte) (*minutes.Minutes, error) {
	file, err := pades.Open(data)
	if err != nil {
		return nil, err
	}
	content, err := file.Embedded(0, minutes.EmbeddedName)
	if err != nil {
		return nil, err
	}
	return minutes.Parse(content)
}
