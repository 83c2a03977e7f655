package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// openEnvelope reads {"document":…,"name":…,"list":[…],"inner":{"document":…}}, of which every member can be
// missing.
func openEnvelope(data []byte, most int64) (document, inner []byte, name string, list []string, err error) {
	e := newEnvelope(bytes.NewReader(data), most)
	err = e.object(func(member string) (err error) {
		switch member {
		case "document":
			document, err = e.document(int64(len(data)))
			return err
		case "name":
			name, err = e.text()
			return err
		case "list":
			return e.array(func() error {
				text, err := e.text()
				list = append(list, text)
				return err
			})
		case "inner":
			return e.object(func(string) (err error) {
				inner, err = e.document(0)
				return err
			})
		}
		return errRequest
	})
	if err == nil {
		err = e.end()
	}
	return document, inner, name, list, err
}

// TestEnvelope: documents come out of JSON however its writer escapes them.
func TestEnvelope(t *testing.T) {
	long := bytes.Repeat([]byte("tiêm chủng "), 20_000)
	coded := base64.StdEncoding.EncodeToString(long)
	for _, tt := range []struct {
		name, data, want string
		err              error
	}{
		{"short", `{"document":"QQ=="}`, "A", nil},
		{"long", `{"document":"` + coded + `","name":"x"}`, string(long), nil},
		{"spaces", " {\t\"document\" :\r\n \"QQ==\" } \n", "A", nil},
		{"escaped", `{"document":"QQ\u003d\u003D"}`, "A", nil},
		{"a solidus escaped", `{"document":"\/\/8="}`, "\xff\xff", nil},
		{"in lines", `{"document":"Q\r\nQ=\n="}`, "A", nil},
		{"empty", `{"document":""}`, "", nil},
		{"null", `{"document":null,"list":null,"inner":null,"name":null}`, "", nil},
		{"nothing", ``, "", errJSON},
		{"cut off", `{"document":"QQ=`, "", errJSON},
		{"cut off behind a backslash", `{"document":"QQ\`, "", errJSON},
		{"no end", `{"document":"QQ=="`, "", errJSON},
		{"more", `{"document":"QQ=="}x`, "", errJSON},
		{"a comma too many", `{"document":"QQ==",}`, "", errJSON},
		{"a comma too few", `{"document":"QQ==" "name":"x"}`, "", errJSON},
		{"twice", `{"document":"QQ==","document":"QQ=="}`, "", errJSON},
		{"a number", `{"document":5}`, "", errJSON},
		{"a list", `["QQ=="]`, "", errJSON},
		{"without padding", `{"document":"QQ"}`, "", errBase64},
		{"not canonical", `{"document":"QR=="}`, "", errBase64},
		{"two texts", `{"document":"QQ==QQ=="}`, "", errBase64},
		{"another alphabet", `{"document":"-_8="}`, "", errBase64},
		{"another letter", `{"document":"QQ\u00e9="}`, "", errBase64},
		{"a tab", `{"document":"QQ\t=="}`, "", errBase64},
		{"a line feed as it is", "{\"document\":\"QQ\n==\"}", "", errJSON},
		{"too large", `{"document":"` + base64.StdEncoding.EncodeToString(make([]byte, 1<<20+1)) + `"}`, "", errTooLong},
		{"a long name", `{"name":"` + strings.Repeat("x", maxTextBytes) + `"}`, "", errJSON},
		{"no UTF-8", "{\"name\":\"\xff\"}", "", errJSON},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, _, _, err := openEnvelope([]byte(tt.data), 1<<20)
			if !errors.Is(err, tt.err) || err == nil && string(got) != tt.want {
				t.Errorf("got %d bytes (%v), want %d (%v)", len(got), err, len(tt.want), tt.err)
			}
		})
	}
}

// FuzzEnvelope: what is taken, encoding/json takes, too, and reads the same in it.
func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		`{"document":"QUJD","name":"x","list":["a","b"],"inner":{"document":"QQ=="}}`, `{"document":"Q\u003d\/","name":null}`, `{"list":[],"inner":null}`, `{"document":"QQ==QQ=="}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		document, _, name, list, err := openEnvelope(data, 1<<10)
		if err != nil {
			return
		}
		var want struct {
			Document []byte
			Name     string
			List     []string
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("taken, and no JSON: %v", err)
		}
		if !bytes.Equal(document, want.Document) || name != want.Name || strings.Join(list, "\n") != strings.Join(want.List, "\n") {
			t.Errorf("read %q %q %q, want %q %q %q", document, name, list, want.Document, want.Name, want.List)
		}
	})
}
