package pkcs11

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestDERSignature(t *testing.T) {
	for _, test := range []struct{ name, raw, want string }{
		{"plain", "0102", "3006020101020102"}, {"high bit", "80017fff", "3009020300800102027fff"},
		{"leading zeros", "00010002", "3006020101020102"}, {"odd", "010203", ""}, {"nothing", "", ""},
	} {
		raw, _ := hex.DecodeString(test.raw)
		want, _ := hex.DecodeString(test.want)
		got, err := derSignature(raw)
		if !bytes.Equal(got, want) || (err == nil) != (test.want != "") {
			t.Errorf("%s: %x, %v, want %s", test.name, got, err, test.want)
		}
	}
}
