package token_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"kytiem/token"
)

func TestParseURI(t *testing.T) {
	slot := uint64(3)
	for _, test := range []struct {
		text string
		want token.URI
		form string // if it is another than the text
	}{
		{"pkcs11:", token.URI{}, ""},
		{"pkcs11:token=HSM%20S%E1%BB%9F%20Y%20t%E1%BA%BF;id=%01%0A", token.URI{Token: "HSM Sở Y tế", ID: []byte{1, 10}}, ""},
		{"pkcs11:id=%01;token=a", token.URI{Token: "a", ID: []byte{1}}, "pkcs11:token=a;id=%01"},
		{"pkcs11:id=abc", token.URI{ID: []byte("abc")}, "pkcs11:id=%61%62%63"},
		{"pkcs11:object=seal;type=private", token.URI{Object: "seal", Type: "private"}, ""},
		{"pkcs11:manufacturer=SoftHSM%20project;model=SoftHSM%20v2;serial=f5;slot-id=3",
			token.URI{Manufacturer: "SoftHSM project", Model: "SoftHSM v2", Serial: "f5", Slot: &slot}, ""},
		{"pkcs11:token=a?module-path=/usr/lib/a.so&pin-source=file:/etc/pin", token.URI{Token: "a", Module: "/usr/lib/a.so", PINFile: "/etc/pin"},
			"pkcs11:token=a?module-path=/usr/lib/a.so&pin-source=/etc/pin"},
		{"pkcs11:?pin-source=file:///etc/pin", token.URI{PINFile: "/etc/pin"}, "pkcs11:?pin-source=/etc/pin"},
		{"pkcs11:?pin-source=/etc/a%20pin", token.URI{PINFile: "/etc/a pin"}, ""},
	} {
		got, err := token.ParseURI(test.text)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, %v, want %+v", test.text, got, err, test.want)
		}
		form := test.form
		if form == "" {
			form = test.text
		}
		if got.String() != form {
			t.Errorf("%s is written %s, want %s", test.text, got, form)
		}
	}
}

func TestParseURIRefuses(t *testing.T) {
	for _, test := range []struct {
		text string
		want error
	}{
		{"", token.ErrURI}, {"key.p12", token.ErrURI}, {"PKCS11:token=a", token.ErrURI}, {"pkcs11:token", token.ErrURI}, {"pkcs11:token=", token.ErrURI},
		{"pkcs11:token=a;", token.ErrURI}, {"pkcs11:token=a;token=b", token.ErrURI}, {"pkcs11:token=a%2", token.ErrURI}, {"pkcs11:token=a%zz", token.ErrURI},
		{"pkcs11:token=a b", token.ErrURI}, {"pkcs11:token=%FF", token.ErrURI}, {"pkcs11:token=a%00b", token.ErrURI}, {"pkcs11:token=a?", token.ErrURI},
		{"pkcs11:type=data", token.ErrURI}, {"pkcs11:slot-id=-1", token.ErrURI}, {"pkcs11:slot-description=a", token.ErrURI}, {"pkcs11:x-own=a", token.ErrURI},
		{"pkcs11:library-version=3", token.ErrURI}, {"pkcs11:token=a?module-name=a", token.ErrURI}, {"pkcs11:token=a?module-path=a.so", token.ErrURI},
		{"pkcs11:token=a?pin-value=1234", token.ErrPINValue}, {"pkcs11:token=a?pin-source=|/bin/pin", token.ErrURI}, {"pkcs11:token=a?pin-source=pin", token.ErrURI},
		{"pkcs11:token=a?pin-source=file://elsewhere/pin", token.ErrURI}, {"pkcs11:token=a?pin-source=https://a.example/", token.ErrURI},
		{"pkcs11:token=" + strings.Repeat("a", 5000), token.ErrURI},
	} {
		got, err := token.ParseURI(test.text)
		if !errors.Is(err, test.want) || !reflect.DeepEqual(got, token.URI{}) && err == nil {
			t.Errorf("%.60s: %+v, %v, want %v", test.text, got, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "1234") {
			t.Errorf("the PIN stands in the error: %v", err)
		}
	}
}

func TestNames(t *testing.T) {
	c := token.Certificate{Slot: 3, Token: "HSM", Serial: "f5", Manufacturer: "m", Model: "v2", ID: []byte{1}, Label: "seal"}
	for text, want := range map[string]bool{
		"pkcs11:": true, "pkcs11:token=HSM;serial=f5;id=%01": true, "pkcs11:object=seal;type=cert": true, "pkcs11:slot-id=3": true,
		"pkcs11:token=hsm": false, "pkcs11:id=%01%01": false, "pkcs11:slot-id=4": false, "pkcs11:token=HSM;serial=f6": false,
	} {
		u, err := token.ParseURI(text)
		if err != nil || u.Names(c) != want {
			t.Errorf("%s: %t, %v, want %t", text, u.Names(c), err, want)
		}
	}
	if own := c.URI(); own.String() != "pkcs11:token=HSM;serial=f5;id=%01" || !own.Names(c) {
		t.Errorf("its own: %s", own)
	}
}

// FuzzURI: what parses is printed in a form that parses to the same.
func FuzzURI(f *testing.F) {
	for _, seed := range []string{"pkcs11:", "pkcs11:token=a%20b;id=%01?module-path=/a.so&pin-source=file:/p", "pkcs11:slot-id=007;type=cert", "pkcs11:object=a:b[]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := token.ParseURI(text)
		if err != nil {
			return
		}
		again, err := token.ParseURI(u.String())
		if err != nil || !reflect.DeepEqual(u, again) {
			t.Errorf("%q is written %q, which is %+v, %v, not %+v", text, u, again, err, u)
		}
	})
}
