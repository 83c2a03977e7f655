package bundle_test

import (
	"testing"

	"golang.org/x/text/unicode/norm"

	"kytiem/bundle"
)

func TestFold(t *testing.T) {
	for text, want := range map[string]string{
		"Hoà Bình": "hoa binh", "Hòa Bình": "hoa binh", "ĐẶNG Thị Ưởng": "dang thi uong", "ﬁ": "fi", "": "",
	} {
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got := bundle.Fold(form.String(text)); got != want {
				t.Errorf("Fold(%q) = %q, want %q", text, got, want)
			}
		}
	}
}
