package pades

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"
	"time"
)

// stampOver is a token over a digest.
func stampOver(digest []byte) []byte {
	f := newTSTForge()
	f.imprint = digest
	return token(f.bytes()).bytes()
}

// stamped is pdf with a document time-stamp.
func stamped(t testing.TB, pdf []byte) []byte {
	t.Helper()
	u, err := PrepareTimeStamp(opened(t, pdf), DocTimeStampReserve)
	if err != nil {
		t.Fatal(err)
	}
	out, err := u.Embed(pdf, stampOver(u.Digest))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestTimeStampDocument stamps every kind of document twice, as renewing does.
func TestTimeStampDocument(t *testing.T) {
	for name, base := range bases(t) {
		t.Run(name, func(t *testing.T) {
			once := stamped(t, appendedDSS(t, signed(t, base, SignatureOptions{Field: "head"}), Evidence{Certs: dered("issuer")}))
			twice := stamped(t, appendedDSS(t, once, Evidence{Certs: dered("authority")}))
			if !bytes.HasPrefix(twice, once) {
				t.Fatal("bytes of an earlier revision changed")
			}
			list := signatures(t, twice)
			if len(list) != 3 || list[0].IsTimeStamp() || !list[1].IsTimeStamp() || list[1].Field == list[2].Field {
				t.Fatalf("got %d signatures, want one and two time-stamps in fields of their own", len(list))
			}
			f := opened(t, twice)
			for _, s := range list[1:] {
				if s.Type != "DocTimeStamp" || s.Time != "" || s.Rect != [4]float64{} || s.Page != 1 {
					t.Errorf("got %q at %q on page %d, %v", s.Type, s.Time, s.Page, s.Rect)
				}
				stamp, err := s.TimeStamp()
				if err != nil || !stamp.At.Equal(time.Date(2026, 11, 23, 3, 4, 5, 0, time.UTC)) {
					t.Fatalf("got %v, %v", stamp, err)
				}
				r := s.ByteRange
				digest := cmsSum(crypto.SHA256, append(bytes.Clone(twice[:r[1]]), twice[r[2]:r[2]+r[3]]...))
				if !bytes.Equal(stamp.Imprint, digest) {
					t.Error("the imprint is not the digest of the byte range")
				}
				if _, err := f.Coverage(s); err != nil {
					t.Error(err)
				}
			}
			if empty, err := f.EmptyFields(); err != nil || len(empty) > 1 {
				t.Errorf("got %d empty fields, %v", len(empty), err)
			}
			if out := ran(t, twice, "qpdf", "--check"); strings.Contains(out, "WARNING") {
				t.Errorf("qpdf warns:\n%s", out)
			}
			if out := ran(t, twice, "pdfsig", "-nocert"); !strings.Contains(out, "Signature is Valid") {
				t.Errorf("pdfsig does not accept it:\n%s", out)
			}
		})
	}
}

// TestTimeStampFields: names are new ones, whatever a document calls its own.
func TestTimeStampFields(t *testing.T) {
	pdf := twoFieldsBut(8, "<< /Type /Annot /Subtype /Widget /FT /Tx /T (DocTimeStamp1) /P 3 0 R /Rect [0 0 0 0] >>")
	list := signatures(t, stamped(t, stamped(t, pdf)))
	if list[0].Field != "DocTimeStamp2" || list[1].Field != "DocTimeStamp3" {
		t.Errorf("got %s and %s", list[0].Field, list[1].Field)
	}
}

// TestTimeStampTooLarge: a token that does not fit is refused, and the same update
// takes one that does.
func TestTimeStampTooLarge(t *testing.T) {
	pdf := twoFields()
	u, err := PrepareTimeStamp(opened(t, pdf), 2000)
	if err != nil {
		t.Fatal(err)
	}
	fits := stampOver(u.Digest)
	if _, err := u.Embed(pdf, append(bytes.Clone(fits), make([]byte, 2001)...)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want %v", err, ErrTooLarge)
	}
	out, err := u.Embed(pdf, fits)
	if err != nil {
		t.Fatal(err)
	}
	signatures(t, out)
	for _, reserve := range []int{0, -1, maxReserve + 1} {
		if _, err := PrepareTimeStamp(opened(t, pdf), reserve); !errors.Is(err, ErrOptions) {
			t.Errorf("%d bytes: got %v, want %v", reserve, err, ErrOptions)
		}
	}
}
