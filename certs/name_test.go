package certs_test

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func TestSubject(t *testing.T) {
	ca := newCA(t, devca.Options{})
	organisation := devca.Profile{
		Kind: devca.Organisation, CommonName: "Sở Y tế", Organization: "ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI",
		Identifiers: []string{"MST:0400260612", "MNS:1047665"}, Key: "p256",
	}
	branch := devca.Profile{Kind: devca.Organisation, CommonName: "Test Org", Identifiers: []string{"MST:4815263097-208"}, Key: "p256"}
	decomposed := devca.Profile{Kind: devca.Person, CommonName: norm.NFD.String("Nguyễn Thị Hòa"), Title: "BS CK II", Key: "p256"}
	tests := []struct {
		name    string
		profile devca.Profile
		want    certs.Name
	}{
		{"person in organisation", chair(), certs.Name{
			CommonName: "Nguyễn Thị Hòa, BS", Organization: "Ủy ban nhân dân xã Phú Lý", Title: "Chủ tịch",
			Locality: "Vĩnh Cửu", Province: "Đồng Nai", Country: "VN",
			Identifiers: []certs.Identifier{{"MST", "3600000001"}, {"CCCD", "075180000001"}},
		}},
		{"organisation", organisation, certs.Name{
			CommonName: "Sở Y tế", Organization: "ỦY BAN NHÂN DÂN TỈNH ĐỒNG NAI", Country: "VN",
			Identifiers: []certs.Identifier{{"MST", "0400260612"}, {"MNS", "1047665"}},
		}},
		{"branch", branch, certs.Name{CommonName: "Test Org", Country: "VN", Identifiers: []certs.Identifier{{"MST", "4815263097-208"}}}},
		{"decomposed", decomposed, certs.Name{CommonName: "Nguyễn Thị Hòa", Title: "BS CK II", Country: "VN"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cert := issue(t, ca, test.profile).Certificate
			if got := certs.Subject(cert); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
			if got := certs.Identifiers(cert); !reflect.DeepEqual(got, test.want.Identifiers) {
				t.Errorf("got %v, want %v", got, test.want.Identifiers)
			}
			if got := certs.Issuer(cert).CommonName; !strings.Contains(got, "not for real use") {
				t.Errorf("got issuer %q", got)
			}
		})
	}
}

// nameDER encodes one RDN per value, with the given ASN.1 string type.
func nameDER(t testing.TB, id asn1.ObjectIdentifier, tag int, values ...string) []byte {
	t.Helper()
	var name []pkix.RelativeDistinguishedNameSET
	for _, value := range values {
		name = append(name, pkix.RelativeDistinguishedNameSET{{Type: id, Value: asn1.RawValue{Tag: tag, Bytes: []byte(value)}}})
	}
	der, err := asn1.Marshal(name)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

var (
	commonName = asn1.ObjectIdentifier{2, 5, 4, 3}
	userID     = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
)

func TestParseNameEncodings(t *testing.T) {
	tests := []struct {
		name, raw string
		tag       int
		want      string
	}{
		{"UTF8String", "Hòa", asn1.TagUTF8String, "Hòa"},
		{"PrintableString", "Hoa", asn1.TagPrintableString, "Hoa"},
		{"T61String in UTF-8", "Hòa", asn1.TagT61String, "Hòa"},
		{"T61String in Latin-1", "H\xf2a", asn1.TagT61String, "Hòa"},
		{"BMPString", "\x00H\x00\xf2\x00a", asn1.TagBMPString, "Hòa"},
		{"BMPString of odd length", "\x00H\x00", asn1.TagBMPString, ""},
		{"BMPString with half a surrogate", "\xd8\x00", asn1.TagBMPString, ""},
		{"broken UTF-8", "H\xf2a", asn1.TagUTF8String, ""},
		{"too long", strings.Repeat("a", 1025), asn1.TagUTF8String, ""},
		{"not text", "\x01", asn1.TagInteger, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := certs.ParseName(nameDER(t, commonName, test.tag, test.raw)).CommonName; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if got := certs.ParseName(nameDER(t, commonName, asn1.TagUTF8String, "first", "second")).CommonName; got != "first" {
		t.Errorf("got %q of two, want the first", got)
	}
	if got := certs.ParseName(nameDER(t, userID, asn1.TagUTF8String, "0319303270", "MST:0319303270")).Identifiers; len(got) != 1 {
		t.Errorf("got %v, want the one with a scheme", got)
	}
}

func TestSameIdentifier(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"MST:0319303270", "MST:0319303270", true},
		{"MST 0319303270", "MST:0319303270", true},
		{"0319303270", "MST:0319303270", true},
		{" mst: 0319303270 ", "MST:0319303270", true},
		{"MST:0319303270-001", "MST:0319303270-001", true},
		{"0319303270001", "MST:0319303270-001", true},
		{"075180000001", "CCCD:075180000001", true},
		{"270000001", "CMND:270000001", true},
		{"MNS:1047665", "MNS:1047665", true},
		{"MST:0319303270", "MST:0319303270-001", false},
		{"MST:0319303270-001", "MST:0319303270-002", false},
		{"CMND:270000001", "CCCD:270000001", false},
		{"MST:0319303270", "MST:319303270", false},
		{"1047665", "MNS:1047665", false},
		{"", "", false},
		{"MST:", "MST:", false},
		{"M\u017fT:0319303270", "MST:0319303270", false}, // a long s, whose capital is S
		{"MST:０３１９３０３２７０", "MST:0319303270", false},
	}
	for _, test := range tests {
		t.Run(test.a+"="+test.b, func(t *testing.T) {
			if got := certs.SameIdentifier(test.a, test.b); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
			if got := certs.SameIdentifier(test.b, test.a); got != test.want {
				t.Errorf("turned round got %v, want %v", got, test.want)
			}
		})
	}
}

// FuzzParseName: any bytes give text in NFC, and identifiers that print and parse back to themselves.
func FuzzParseName(f *testing.F) {
	ca := newCA(f, devca.Options{})
	f.Add(issue(f, ca, chair()).Certificate.RawSubject)
	f.Add(nameDER(f, commonName, asn1.TagBMPString, "\x00H\x00\xf2\x00a"))
	f.Add(nameDER(f, userID, asn1.TagUTF8String, "mst : 0319303270001", "HC:B1234567", "x"))
	f.Fuzz(func(t *testing.T, der []byte) {
		name := certs.ParseName(der)
		for _, text := range []string{name.CommonName, name.Organization, name.Title, name.Locality, name.Province, name.Country} {
			if !utf8.ValidString(text) || !norm.NFC.IsNormalString(text) {
				t.Errorf("got %q, want NFC", text)
			}
		}
		for _, identifier := range name.Identifiers {
			again, ok := certs.ParseIdentifier(identifier.String())
			if !ok || again != identifier || !certs.SameIdentifier(identifier.String(), again.String()) {
				t.Errorf("%q parses back to %q", identifier, again)
			}
		}
	})
}
