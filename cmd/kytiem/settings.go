package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"

	"kytiem/attest"
	"kytiem/certs"
	"kytiem/cmd/terminal"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/token"
)

// settings are the environment of the service. The help of `kytiem serve` is made from
// the tags: env, envDefault, vi and en. A setting with secret may also be given as the path
// of a file in a variable of the same name with _FILE behind it.
type settings struct {
	Listen   string         `env:"KYTIEM_LISTEN" envDefault:"127.0.0.1:8080" vi:"địa chỉ lắng nghe" en:"address to listen on"`
	Public   bool           `env:"KYTIEM_PUBLIC" envDefault:"false" vi:"1 cho phép lắng nghe ngoài máy này; TLS do proxy phía trước lo" en:"1 allows an address beyond this machine; a proxy in front does TLS"`
	Proxies  []netip.Prefix `env:"KYTIEM_PROXIES" vi:"địa chỉ của các proxy phía trước (a.b.c.d/n, …) được nói thay cho ai" en:"addresses of proxies in front (a.b.c.d/n, …) that may say for whom they call"`
	Database string         `env:"KYTIEM_DATABASE" envDefault:"var/kytiem.db" secret:"1" vi:"tệp SQLite, hoặc postgres://…" en:"SQLite file, or postgres://…"`
	Held     int            `env:"KYTIEM_CONNECTIONS" envDefault:"8" vi:"số kết nối cơ sở dữ liệu, nhiều nhất" en:"connections to the database at most"`

	Trust      string `env:"KYTIEM_TRUST" vi:"thư mục chứng thư gốc tin cậy (PEM, DER; ca/ và tsa/ riêng)" en:"directory of trust anchors (PEM, DER; ca/ and tsa/ apart)"`
	Revocation string `env:"KYTIEM_REVOCATION" envDefault:"online" vi:"hỏi tình trạng thu hồi: online, private (cả địa chỉ nội bộ), offline" en:"asking for revocation: online, private (inner addresses too), offline"`

	SignDomains        []certs.Domain `env:"KYTIEM_SIGN_DOMAINS" vi:"hệ thống chứng thực được nhận cho chữ ký của người có thẩm quyền: public (công cộng), official (chuyên dùng công vụ); trống là cả hai" en:"trust domains accepted for the head's signature: public, official; empty is both"`
	CountersignDomains []certs.Domain `env:"KYTIEM_COUNTERSIGN_DOMAINS" vi:"như trên, cho chữ ký của cơ quan" en:"the same for the organisation's signature"`
	VerifyDomains      []certs.Domain `env:"KYTIEM_VERIFY_DOMAINS" vi:"như trên, khi kiểm tra chữ ký" en:"the same in verifying"`

	TSA         []string      `env:"KYTIEM_TSA" vi:"địa chỉ các tổ chức cấp dấu thời gian (RFC 3161), cách nhau bằng dấu phẩy, hỏi lần lượt" en:"time-stamping authorities (RFC 3161), separated by commas, asked in order"`
	TSATimeout  time.Duration `env:"KYTIEM_TSA_TIMEOUT" envDefault:"30s" vi:"chờ mỗi TSA bao lâu, nhiều nhất 3m" en:"how long each TSA is waited for, at most 3m"`
	TSAUser     string        `env:"KYTIEM_TSA_USER" vi:"tên đăng nhập TSA" en:"user at the TSA"`
	TSAPassword string        `env:"KYTIEM_TSA_PASSWORD" secret:"1" vi:"mật khẩu TSA" en:"password at the TSA"`

	Key         string `env:"KYTIEM_KEY" vi:"khóa của dịch vụ, để ký các thông báo về tình trạng hồ sơ: tệp PKCS#12, hoặc địa chỉ pkcs11: trong HSM" en:"the service's own key, which signs what it says of a bundle's status: a PKCS#12 file, or a pkcs11: URI in an HSM"`
	KeyPassword string `env:"KYTIEM_KEY_PASSWORD" secret:"1" vi:"mật khẩu tệp đó, hoặc mã PIN" en:"password of that file, or the PIN"`
	KeyIssuers  string `env:"KYTIEM_KEY_ISSUERS" vi:"tệp PEM chứng thư của các nơi cấp, nếu HSM không chứa" en:"PEM file of the issuers' certificates, where the HSM does not hold them"`
	Module      string `env:"KYTIEM_PKCS11_MODULE" vi:"thư viện PKCS#11 của HSM, đường dẫn đầy đủ" en:"PKCS#11 library of the HSM, absolute path"`

	Algorithms []pades.Algorithm `env:"KYTIEM_ALGORITHMS" envDefault:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512" vi:"thuật toán được nhận cho chữ ký mới" en:"algorithms accepted for new signatures"`

	RequestLifetime time.Duration `env:"KYTIEM_REQUEST_LIFETIME" envDefault:"30m" vi:"yêu cầu ký chờ bao lâu" en:"how long a signing request waits"`
	Temp            string        `env:"KYTIEM_TEMP" vi:"thư mục tạm (chứa dữ liệu cá nhân); mặc định của hệ thống" en:"directory for temporary files (personal data); the system's by default"`
	MaxImport       int64         `env:"KYTIEM_MAX_IMPORT_MB" envDefault:"256" vi:"tệp kết quả lớn nhất, MB" en:"largest results file, MB"`
	MaxDocument     int64         `env:"KYTIEM_MAX_DOCUMENT_MB" envDefault:"64" vi:"văn bản lớn nhất được gửi lên, MB" en:"largest document sent, MB"`
	Log             string        `env:"KYTIEM_LOG" envDefault:"text" vi:"dạng nhật ký: text hoặc json" en:"form of the log: text or json"`
	LogLevel        string        `env:"KYTIEM_LOG_LEVEL" envDefault:"info" vi:"debug, info, warn, error" en:"debug, info, warn, error"`
}

// errSettings is a setting that cannot be, or that contradicts another. Its text says how
// to mend it.
var errSettings = errors.New("setting refused")

// maxSecretBytes bounds a file named by a variable with _FILE.
const maxSecretBytes = 4 << 10

// readSettings reads the variables of an environment (NAME=value). What nobody reads is an
// error: a setting with a slip of the pen must not silently be none.
func readSettings(environ []string) (settings, error) {
	var s settings
	values := make(map[string]string)
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		if strings.HasPrefix(name, "KYTIEM_") && value != "" {
			values[name] = value
		}
	}
	known := map[string]bool{}
	for _, f := range settingFields() {
		known[f.name] = true
		if !f.secret {
			continue
		}
		path := values[f.name+"_FILE"]
		delete(values, f.name+"_FILE")
		if path == "" {
			continue
		}
		if values[f.name] != "" {
			return s, fmt.Errorf("%s và %[1]s_FILE cùng được đặt; bỏ một · are both set, remove one: %w", f.name, errSettings)
		}
		secret, err := terminal.ReadFile(path, maxSecretBytes)
		if err != nil {
			return s, fmt.Errorf("%s_FILE: %w: %w", f.name, errSettings, err)
		}
		values[f.name] = strings.TrimRight(string(secret), "\r\n")
	}
	for name := range values {
		if !known[name] {
			return s, fmt.Errorf("không có cài đặt %s · there is no such setting (kytiem serve --help): %w", name, errSettings)
		}
	}
	if err := env.ParseWithOptions(&s, env.Options{Environment: values}); err != nil {
		return s, fmt.Errorf("%s, giá trị không dùng được · is a value that cannot be used: %w: %w", variableOf(err), errSettings, err)
	}
	return s, s.check()
}

// variableOf names the variable that could not be parsed, of which the error knows only
// the field.
func variableOf(err error) string {
	wrong := env.ParseError{}
	if errors.As(err, &wrong) {
		if f, ok := reflect.TypeFor[settings]().FieldByName(wrong.Name); ok {
			return f.Tag.Get("env")
		}
	}
	return "KYTIEM_…"
}

// postgres reports whether the database is PostgreSQL and not a file.
func (s *settings) postgres() bool { return strings.Contains(s.Database, "://") }

// domains is the policy of trust domains.
func (s *settings) domains() attest.DomainPolicy {
	return attest.DomainPolicy{Sign: s.SignDomains, Countersign: s.CountersignDomains, Verify: s.VerifyDomains}
}

// keyInHSM reports whether the service's own key is behind a PKCS #11 library and not in a file.
func (s *settings) keyInHSM() bool { return strings.HasPrefix(s.Key, "pkcs11:") }

// check finds contradictions that show without opening anything.
func (s *settings) check() error {
	host, _, err := net.SplitHostPort(s.Listen)
	ip := net.ParseIP(host)
	scheme, _, isURL := strings.Cut(s.Database, "://")
	var uri token.URI
	var errURI error
	if s.keyInHSM() {
		uri, errURI = token.ParseURI(s.Key)
	}
	for _, c := range [...]struct {
		wrong bool
		text  string
	}{
		{err != nil, "KYTIEM_LISTEN ghi như 127.0.0.1:8080 · is written so"},
		{err == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) && !s.Public,
			"KYTIEM_LISTEN nằm ngoài máy này: đặt proxy TLS phía trước rồi đặt KYTIEM_PUBLIC=1 · is beyond this machine: put a TLS proxy in front, then set KYTIEM_PUBLIC=1"},
		{isURL && scheme != "postgres" && scheme != "postgresql", "KYTIEM_DATABASE là một tệp hoặc postgres://… · is a file or postgres://…"},
		{s.Held < 1 || s.Held > 1000, "KYTIEM_CONNECTIONS từ 1 đến 1000 · is 1 to 1000"},
		{!slices.Contains([]string{"online", "private", "offline"}, s.Revocation), "KYTIEM_REVOCATION là online, private hoặc offline · is online, private or offline"},
		{slices.ContainsFunc(s.TSA, notWebAddress), "KYTIEM_TSA ghi như http://tsa.example.vn/,https://tsa2.example.vn/ · is written so"},
		{s.TSATimeout < time.Second || s.TSATimeout > signer.MaxTimestampWait, "KYTIEM_TSA_TIMEOUT từ 1s đến 3m · is 1s to 3m"},
		{len(s.TSA) > 0 && s.Trust == "", "KYTIEM_TSA cần KYTIEM_TRUST: không có chứng thư gốc thì không dấu thời gian nào được chấp nhận · needs KYTIEM_TRUST: without anchors no time-stamp is accepted"},
		{len(s.TSA) == 0 && s.TSAUser+s.TSAPassword != "", "KYTIEM_TSA_USER, KYTIEM_TSA_PASSWORD cần KYTIEM_TSA · need KYTIEM_TSA"},
		{(s.TSAUser == "") != (s.TSAPassword == ""), "KYTIEM_TSA_USER và KYTIEM_TSA_PASSWORD đi cùng nhau · come together"},
		{s.Key == "" && s.KeyPassword != "" || s.Key != "" && s.KeyPassword == "" && !s.keyInHSM(), "KYTIEM_KEY và KYTIEM_KEY_PASSWORD(_FILE) đi cùng nhau · come together"},
		{s.Module != "" && !filepath.IsAbs(s.Module), "KYTIEM_PKCS11_MODULE là đường dẫn đầy đủ · is an absolute path"},
		{s.KeyIssuers != "" && !s.keyInHSM(), "KYTIEM_KEY_ISSUERS chỉ dùng khi KYTIEM_KEY là pkcs11:… · is only for a KYTIEM_KEY that is pkcs11:…"},
		{errors.Is(errURI, token.ErrPINValue), "KYTIEM_KEY không được chứa mã PIN; đổi mã PIN này, đặt KYTIEM_KEY_PASSWORD_FILE · must not hold the PIN: change it, and set KYTIEM_KEY_PASSWORD_FILE"},
		{errURI != nil, "KYTIEM_KEY ghi như pkcs11:token=…;id=%01 · is written so"},
		{uri.PINFile != "" && s.KeyPassword != "", "KYTIEM_KEY có pin-source thì không đặt KYTIEM_KEY_PASSWORD · has a pin-source, KYTIEM_KEY_PASSWORD is one too many"},
		{s.keyInHSM() && uri.Module == "" && s.Module == "", "KYTIEM_KEY trong HSM cần KYTIEM_PKCS11_MODULE · in an HSM needs KYTIEM_PKCS11_MODULE"},
		{s.Key != "" && s.Trust == "", "KYTIEM_KEY cần KYTIEM_TRUST · needs KYTIEM_TRUST"},
		{len(s.Algorithms) == 0 || slices.ContainsFunc(s.Algorithms, func(a pades.Algorithm) bool { return !slices.Contains(attest.Algorithms(), a) }),
			"KYTIEM_ALGORITHMS gồm các tên trong RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512 · are names out of these"},
		{s.domains().Check() != nil, "KYTIEM_VERIFY_DOMAINS phải gồm những gì KYTIEM_SIGN_DOMAINS và KYTIEM_COUNTERSIGN_DOMAINS nhận · has to hold what these two accept"},
		{s.RequestLifetime < time.Minute || s.RequestLifetime > 24*time.Hour, "KYTIEM_REQUEST_LIFETIME từ 1m đến 24h · is 1m to 24h"},
		{s.MaxImport < 1 || s.MaxImport > 4096, "KYTIEM_MAX_IMPORT_MB từ 1 đến 4096 · is 1 to 4096"},
		{s.MaxDocument < 1 || s.MaxDocument > 64, "KYTIEM_MAX_DOCUMENT_MB từ 1 đến 64 · is 1 to 64"},
		{s.Log != "text" && s.Log != "json", "KYTIEM_LOG là text hoặc json · is text or json"},
		{!slices.Contains([]string{"debug", "info", "warn", "error"}, s.LogLevel), "KYTIEM_LOG_LEVEL là debug, info, warn hoặc error · is one of these"},
	} {
		if c.wrong {
			return fmt.Errorf("%s: %w", c.text, errSettings)
		}
	}
	if s.Temp != "" {
		if info, err := os.Stat(s.Temp); err != nil || !info.IsDir() {
			return fmt.Errorf("KYTIEM_TEMP không phải thư mục · is no directory: %w", errSettings)
		}
	}
	return nil
}

func notWebAddress(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https"
}

// settingField is one variable as its tags describe it.
type settingField struct {
	name, standard, vi, en string
	secret                 bool
}

func settingFields() []settingField {
	var fields []settingField
	for f := range reflect.TypeFor[settings]().Fields() {
		fields = append(fields, settingField{f.Tag.Get("env"), f.Tag.Get("envDefault"), f.Tag.Get("vi"), f.Tag.Get("en"), f.Tag.Get("secret") != ""})
	}
	return fields
}

// settingsHelp lists every variable, its default and what it means.
func settingsHelp() string {
	var b strings.Builder
	for _, f := range settingFields() {
		b.WriteString("  " + f.name)
		if f.secret {
			b.WriteString(" | " + f.name + "_FILE")
		}
		if f.standard != "" {
			b.WriteString(" = " + f.standard)
		}
		b.WriteString("\n      " + f.vi + "\n      " + f.en + "\n")
	}
	return b.String()
}
