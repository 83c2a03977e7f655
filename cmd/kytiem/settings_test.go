package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/certs"
)

func TestReadSettings(t *testing.T) {
	dir := t.TempDir()
	secret := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	base, err := readSettings([]string{"HOME=/", "KYTIEM=1", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		environ []string
		want    func(*settings)
	}{
		{"none", nil, func(*settings) {}},
		{"empty ones are none", []string{"KYTIEM_TSA=", "KYTIEM_LISTEN=", "KYTIEM_NICHTS="}, func(*settings) {}},
		{"the last one counts", []string{"KYTIEM_LISTEN=127.0.0.1:1", "KYTIEM_LISTEN=127.0.0.1:2"}, func(s *settings) { s.Listen = "127.0.0.1:2" }},
		{"public", []string{"KYTIEM_LISTEN=0.0.0.0:80", "KYTIEM_PUBLIC=1"}, func(s *settings) { s.Listen, s.Public = "0.0.0.0:80", true }},
		{"IPv6", []string{"KYTIEM_LISTEN=[::1]:80"}, func(s *settings) { s.Listen = "[::1]:80" }},
		{"PostgreSQL", []string{"KYTIEM_DATABASE=postgresql://db/kytiem", "KYTIEM_CONNECTIONS=20"},
			func(s *settings) { s.Database, s.Held = "postgresql://db/kytiem", 20 }},
		{"from a file", []string{"KYTIEM_DATABASE_FILE=" + secret("db", "postgres://db/kytiem\n")}, func(s *settings) { s.Database = "postgres://db/kytiem" }},
		{"from a file, with marks and CR LF",
			[]string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=k.p12", "KYTIEM_KEY_PASSWORD_FILE=" + secret("pass", " mật khẩu \r\n")},
			func(s *settings) { s.Trust, s.Key, s.KeyPassword = dir, "k.p12", " mật khẩu " }},
		{"a key in an HSM", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=pkcs11:token=HSM;id=%01", "KYTIEM_KEY_PASSWORD_FILE=" + secret("pin", "482913\n"),
			"KYTIEM_PKCS11_MODULE=/usr/lib/hsm.so", "KYTIEM_KEY_ISSUERS=ca.pem"},
			func(s *settings) {
				s.Trust, s.Key, s.KeyPassword, s.Module, s.KeyIssuers = dir, "pkcs11:token=HSM;id=%01", "482913", "/usr/lib/hsm.so", "ca.pem"
			}},
		{"a key in an HSM, told by its URI alone", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=pkcs11:?module-path=/usr/lib/hsm.so&pin-source=/etc/pin"},
			func(s *settings) { s.Trust, s.Key = dir, "pkcs11:?module-path=/usr/lib/hsm.so&pin-source=/etc/pin" }},
		{"TSA", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_TSA=https://tsa.example.vn/", "KYTIEM_TSA_USER=u", "KYTIEM_TSA_PASSWORD=p"},
			func(s *settings) {
				s.Trust, s.TSA, s.TSAUser, s.TSAPassword = dir, []string{"https://tsa.example.vn/"}, "u", "p"
			}},
		{"two TSAs", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_TSA=https://tsa.example.vn/,http://tsa2.example.vn/", "KYTIEM_TSA_TIMEOUT=3m"},
			func(s *settings) {
				s.Trust, s.TSA, s.TSATimeout = dir, []string{"https://tsa.example.vn/", "http://tsa2.example.vn/"}, 3*time.Minute
			}},
		{"trust domains", []string{"KYTIEM_SIGN_DOMAINS=public", "KYTIEM_COUNTERSIGN_DOMAINS=official,public", "KYTIEM_VERIFY_DOMAINS=public,official"},
			func(s *settings) {
				s.SignDomains, s.CountersignDomains = []certs.Domain{certs.Public}, []certs.Domain{certs.Official, certs.Public}
				s.VerifyDomains = certs.Domains()
			}},
		{"life", []string{"KYTIEM_REQUEST_LIFETIME=1h"}, func(s *settings) { s.RequestLifetime = time.Hour }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := base
			tt.want(&want)
			got, err := readSettings(tt.environ)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

// TestSettingsRefused: what cannot be, or contradicts another, is said by its name in both
// languages, and no secret with it.
func TestSettingsRefused(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	if err := os.WriteFile(long, make([]byte, maxSecretBytes+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		says    string
		environ []string
	}{
		{"KYTIEM_LISTN", []string{"KYTIEM_LISTN=127.0.0.1:80"}},
		{"KYTIEM_TRUST_FILE", []string{"KYTIEM_TRUST_FILE=trust"}}, // not a secret
		{"KYTIEM_DATABASE_FILE", []string{"KYTIEM_DATABASE=a.db", "KYTIEM_DATABASE_FILE=b"}},
		{"KYTIEM_DATABASE_FILE", []string{"KYTIEM_DATABASE_FILE=" + filepath.Join(dir, "none")}},
		{"KYTIEM_DATABASE_FILE", []string{"KYTIEM_DATABASE_FILE=" + dir}},
		{"KYTIEM_KEY_PASSWORD_FILE", []string{"KYTIEM_KEY_PASSWORD_FILE=" + long}},
		{"KYTIEM_LISTEN", []string{"KYTIEM_LISTEN=8080"}},
		{"KYTIEM_LISTEN", []string{"KYTIEM_LISTEN=127.0.0.1"}},
		{"KYTIEM_PUBLIC", []string{"KYTIEM_LISTEN=0.0.0.0:8080"}},
		{"KYTIEM_PUBLIC", []string{"KYTIEM_LISTEN=:8080"}},
		{"KYTIEM_PUBLIC", []string{"KYTIEM_LISTEN=kytiem.example.vn:8080"}},
		{"KYTIEM_PUBLIC", []string{"KYTIEM_LISTEN=0.0.0.0:8080", "KYTIEM_PUBLIC=0"}},
		{"KYTIEM_PUBLIC", []string{"KYTIEM_PUBLIC=vâng"}},
		{"KYTIEM_PROXIES", []string{"KYTIEM_PROXIES=nginx"}},
		{"KYTIEM_DATABASE", []string{"KYTIEM_DATABASE=mysql://u:geheim@h/d"}},
		{"KYTIEM_CONNECTIONS", []string{"KYTIEM_CONNECTIONS=0"}},
		{"KYTIEM_REVOCATION", []string{"KYTIEM_REVOCATION=never"}},
		{"KYTIEM_TSA", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_TSA=tsa.example.vn"}},
		{"KYTIEM_TSA", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_TSA=ftp://tsa.example.vn/"}},
		{"KYTIEM_TRUST", []string{"KYTIEM_TSA=http://tsa.example.vn/"}},
		{"KYTIEM_TSA_USER", []string{"KYTIEM_TSA_USER=u", "KYTIEM_TSA_PASSWORD=geheim"}},
		{"KYTIEM_TSA_PASSWORD", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_TSA=http://tsa.example.vn/", "KYTIEM_TSA_USER=u"}},
		{"KYTIEM_KEY_PASSWORD", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=k.p12"}},
		{"KYTIEM_KEY", []string{"KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_TRUST", []string{"KYTIEM_KEY=k.p12", "KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_PKCS11_MODULE", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=pkcs11:token=a", "KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_PKCS11_MODULE", []string{"KYTIEM_PKCS11_MODULE=hsm.so"}},
		{"KYTIEM_KEY_PASSWORD_FILE", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_PKCS11_MODULE=/a.so", "KYTIEM_KEY=pkcs11:token=a?pin-value=geheim"}},
		{"KYTIEM_KEY", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_PKCS11_MODULE=/a.so", "KYTIEM_KEY=pkcs11:token", "KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_KEY_PASSWORD", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_PKCS11_MODULE=/a.so", "KYTIEM_KEY=pkcs11:?pin-source=/p", "KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_KEY_ISSUERS", []string{"KYTIEM_TRUST=" + dir, "KYTIEM_KEY=k.p12", "KYTIEM_KEY_PASSWORD=geheim", "KYTIEM_KEY_ISSUERS=ca.pem"}},
		{"KYTIEM_TRUST", []string{"KYTIEM_PKCS11_MODULE=/a.so", "KYTIEM_KEY=pkcs11:token=a", "KYTIEM_KEY_PASSWORD=geheim"}},
		{"KYTIEM_SIGN_DOMAINS", []string{"KYTIEM_SIGN_DOMAINS=private"}},
		{"KYTIEM_VERIFY_DOMAINS", []string{"KYTIEM_SIGN_DOMAINS=official", "KYTIEM_COUNTERSIGN_DOMAINS=public", "KYTIEM_VERIFY_DOMAINS=public"}},
		{"KYTIEM_VERIFY_DOMAINS", []string{"KYTIEM_VERIFY_DOMAINS=public"}}, // and all are accepted for signing
		{"KYTIEM_REQUEST_LIFETIME", []string{"KYTIEM_REQUEST_LIFETIME=10s"}},
		{"KYTIEM_REQUEST_LIFETIME", []string{"KYTIEM_REQUEST_LIFETIME=lâu"}},
		{"KYTIEM_TEMP", []string{"KYTIEM_TEMP=" + long}},
		{"KYTIEM_TEMP", []string{"KYTIEM_TEMP=" + filepath.Join(dir, "none")}},
		{"KYTIEM_MAX_IMPORT_MB", []string{"KYTIEM_MAX_IMPORT_MB=0"}},
		{"KYTIEM_MAX_DOCUMENT_MB", []string{"KYTIEM_MAX_DOCUMENT_MB=65"}},
		{"KYTIEM_LOG", []string{"KYTIEM_LOG=xml"}},
		{"KYTIEM_LOG_LEVEL", []string{"KYTIEM_LOG_LEVEL=all"}},
	} {
		t.Run(strings.Join(tt.environ, " "), func(t *testing.T) {
			_, err := readSettings(tt.environ)
			if !errors.Is(err, errSettings) {
				t.Fatalf("got %v, want %v", err, errSettings)
			}
			said := explainError(err)
			if !strings.Contains(said, tt.says) || !vietnameseLetter.MatchString(said) || !englishWord.MatchString(said) {
				t.Errorf("it says: %s", said)
			}
			if strings.Contains(said, "geheim") {
				t.Errorf("it tells a secret: %s", said)
			}
		})
	}
}

// TestSettingsDescribed: every setting is described in both languages, by the help and by
// the manual, with the same default.
func TestSettingsDescribed(t *testing.T) {
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(manual)) {
		if strings.HasPrefix(line, "| `KYTIEM_") {
			rows = append(rows, strings.TrimRight(line, "\n"))
		}
	}
	if want := settingsTable(); !slices.Equal(rows, want) {
		t.Errorf("docs/operate.md has\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range settingFields() {
		if f.vi == "" || f.en == "" || f.vi == f.en && f.name != "KYTIEM_LOG_LEVEL" {
			t.Errorf("%s is described so: %q, %q", f.name, f.vi, f.en)
		}
	}
}

// settingsTable are the rows of the manual's table.
func settingsTable() []string {
	var rows []string
	for _, f := range settingFields() {
		name, standard := "`"+f.name+"`", ""
		if f.secret {
			name += ", `…_FILE`"
		}
		if f.standard != "" {
			standard = "`" + f.standard + "`"
		}
		rows = append(rows, "| "+name+" | "+standard+" | "+f.en+" |")
	}
	return rows
}
