package paper_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
	"kytiem/paper"
)

// run hands a PDF to an external program: $ in the arguments stands for its path.
// The program writes to standard output.
func run(t testing.TB, debianPackage string, pdf []byte, program string, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed (Debian package %s)", program, debianPackage)
	}
	path := filepath.Join(t.TempDir(), "drawn.pdf")
	if err := os.WriteFile(path, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "$", path)
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return out
}

// textOf is the text of a PDF in the order in which it was drawn.
func textOf(t testing.TB, pdf []byte) string {
	t.Helper()
	return string(run(t, "poppler-utils", pdf, "pdftotext", "-raw", "-enc", "UTF-8", "$", "-"))
}

// squeezed is text without white space, in NFC: words may be broken over lines.
func squeezed(text string) string {
	return norm.NFC.String(strings.Join(strings.Fields(text), ""))
}

// words is text with every run of white space as one space.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// draw is the bundle document as bytes.
func draw(t testing.TB, m *bundle.Manifest, d *bundle.Document, roll *bundle.Roll) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := paper.Bundle(&file, canonical(t, m), canonical(t, d), roll); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
