package pades

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// corpus is the index of signed documents that nobody here wrote, which lies
// beside the checkout on the machines that have it.
const corpus = "../../shared/corpora"

type corpusFile struct {
	name, origin, expect string
	pdf                  []byte
}

func corpusFiles(t testing.TB) []corpusFile {
	t.Helper()
	index, err := os.Open(filepath.Join(corpus, "index.tsv"))
	if err != nil {
		t.Skip("the corpus of foreign signed documents is not on this machine")
	}
	defer index.Close()
	r := csv.NewReader(index)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var list []corpusFile
	for _, row := range rows[1:] {
		if filepath.Ext(row[0]) != ".pdf" {
			continue
		}
		pdf, err := os.ReadFile(filepath.Join(corpus, "files", row[0]))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, corpusFile{name: row[0], origin: filepath.Base(row[2]), expect: row[5], pdf: pdf})
	}
	return list
}

// judge applies every rule of this package to a file.
func judge(pdf []byte) (signatures int, err error) {
	f, err := Open(pdf)
	if err != nil {
		return 0, err
	}
	list, err := f.Signatures()
	if err != nil {
		return 0, err
	}
	for i, s := range list {
		_, coverage := f.Coverage(s)
		err = errors.Join(err, coverage, f.Consistent(s), Nested(list)[i], f.Accounting(s.Revision))
	}
	return len(list), err
}

func TestCorpus(t *testing.T) {
	opened, files := 0, corpusFiles(t)
	for _, file := range files {
		start := time.Now()
		n, err := judge(file.pdf)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s took %v", file.origin, took)
		}
		if _, openErr := Open(file.pdf); openErr == nil {
			opened++
		}
		t.Logf("%-18s %-60s %d signatures: %v", file.expect, file.origin, n, err)
		var format *FormatError
		if err != nil && !errors.As(err, &format) {
			t.Errorf("%s: got %v, want a FormatError", file.origin, err)
		}
		attack := strings.HasPrefix(file.origin, "usf_") || strings.HasPrefix(file.origin, "siwa_") || strings.HasPrefix(file.origin, "isa_")
		if attack && err == nil {
			t.Errorf("%s: no rule is broken, want one", file.origin)
		}
	}
	t.Logf("%d of %d files open strictly", opened, len(files))
}

// fuzzCorpus are the PDFs of the corpus, none where it is absent: seeds may be
// missing without a test being skipped.
func fuzzCorpus() (pdfs [][]byte) {
	paths, _ := filepath.Glob(filepath.Join(corpus, "files", "*.pdf"))
	for _, path := range paths {
		if pdf, err := os.ReadFile(path); err == nil {
			pdfs = append(pdfs, pdf)
		}
	}
	return pdfs
}
