package devca_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/digitorus/timestamp"
	"software.sslmate.com/src/go-pkcs12"

	"kytiem/certs"
	"kytiem/certs/devca"
)

func serve(t *testing.T, o devca.Options) (*devca.CA, string) {
	t.Helper()
	ca, err := devca.New(o)
	if err != nil {
		t.Fatal(err)
	}
	base, err := ca.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ca, base
}

func clerk() devca.Profile {
	return devca.Profile{
		Kind: devca.Person, CommonName: "Trần Văn Thủy", Organization: "Trạm Y tế xã Phú Lý", Title: "Trạm trưởng",
		Identifiers: []string{"MST:3600000002", "CCCD:075085000002"}, Key: "p256",
	}
}

func issue(t *testing.T, ca *devca.CA, p devca.Profile) devca.Issued {
	t.Helper()
	issued, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// file writes a PEM file of certificates and gives its name.
func file(t *testing.T, name string, certs ...*x509.Certificate) string {
	t.Helper()
	var out bytes.Buffer
	for _, cert := range certs {
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}); err != nil {
			t.Fatal(err)
		}
	}
	return bytesFile(t, name, out.Bytes())
}

func bytesFile(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openssl runs the real thing and gives what it prints.
func openssl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed (Debian package openssl)")
	}
	out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput()
	return string(out), err
}

func TestOpenSSLPath(t *testing.T) {
	ca, _ := serve(t, devca.Options{})
	for _, key := range []string{"rsa2048", "p256", "p384"} {
		t.Run(key, func(t *testing.T) {
			profile := clerk()
			profile.Key = key
			issued := issue(t, ca, profile)
			out, err := openssl(t, "verify", "-x509_strict", "-purpose", "smimesign", "-CAfile", file(t, "root.pem", ca.Root().Certificate),
				"-untrusted", file(t, "chain.pem", issued.Chain...), file(t, "leaf.pem", issued.Certificate))
			if err != nil || !strings.Contains(out, "OK") {
				t.Errorf("got %v: %s", err, out)
			}
		})
	}
}

func TestOpenSSLOCSP(t *testing.T) {
	ca, base := serve(t, devca.Options{})
	good, revoked := issue(t, ca, clerk()).Certificate, issue(t, ca, clerk()).Certificate
	if err := ca.Revoke(revoked.SerialNumber, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}
	stray, err := ca.Issuing().Issue(&x509.Certificate{NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour)}, good.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for want, cert := range map[string]*x509.Certificate{": good": good, ": revoked": revoked, ": unknown": stray} {
		out, err := openssl(t, "ocsp", "-issuer", file(t, "issuer.pem", ca.Issuing().Certificate), "-cert", file(t, "cert.pem", cert),
			"-url", base+"/ocsp", "-CAfile", file(t, "root.pem", ca.Root().Certificate))
		if err != nil || !strings.Contains(out, want) || !strings.Contains(out, "Response verify OK") || strings.Contains(out, "no nonce") {
			t.Errorf("want %q, got %v: %s", want, err, out)
		}
	}
}

func TestOpenSSLCRL(t *testing.T) {
	ca, base := serve(t, devca.Options{})
	issued := issue(t, ca, clerk())
	check := func() (string, error) {
		var lists []byte
		for _, path := range []string{"/root.crl", "/issuing.crl"} {
			lists = append(lists, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: fetch(t, base+path)})...)
		}
		return openssl(t, "verify", "-crl_check_all", "-CRLfile", bytesFile(t, "crls.pem", lists),
			"-CAfile", file(t, "root.pem", ca.Root().Certificate),
			"-untrusted", file(t, "chain.pem", issued.Chain...), file(t, "leaf.pem", issued.Certificate))
	}
	if out, err := check(); err != nil {
		t.Errorf("got %v: %s", err, out)
	}
	if err := ca.Revoke(issued.Certificate.SerialNumber, time.Now().Add(-time.Minute), 4); err != nil {
		t.Fatal(err)
	}
	if out, err := check(); err == nil || !strings.Contains(out, "certificate revoked") {
		t.Errorf("after revocation got %v: %s", err, out)
	}
}

func fetch(t *testing.T, address string) []byte {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", address, response.StatusCode, err)
	}
	return body
}

func TestOpenSSLTimestamp(t *testing.T) {
	ca, base := serve(t, devca.Options{})
	message := []byte("manifest")
	request, err := timestamp.CreateRequest(bytes.NewReader(message), &timestamp.RequestOptions{
		Hash: crypto.SHA256, Certificates: true, Nonce: big.NewInt(54),
	})
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Post(base+"/tsa", "application/timestamp-query", bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := timestamp.ParseResponse(reply)
	if err != nil {
		t.Fatal(err)
	}
	if digest := sha256.Sum256(message); !bytes.Equal(token.HashedMessage, digest[:]) || token.Nonce.Int64() != 54 {
		t.Error("the token is not about the request")
	}
	out, err := openssl(t, "ts", "-verify", "-in", bytesFile(t, "reply.tsr", reply), "-queryfile", bytesFile(t, "request.tsq", request),
		"-CAfile", file(t, "tsa.pem", ca.TSARoot().Certificate))
	if err != nil || !strings.Contains(out, "Verification: OK") {
		t.Errorf("got %v: %s", err, out)
	}
	if _, err := certs.Paths(ca.TSA().Certificate, nil, []*x509.Certificate{ca.Root().Certificate}, time.Now()); err == nil {
		t.Error("the TSA chains to the signers' root")
	}
}

func TestOCSPByGet(t *testing.T) {
	ca, base := serve(t, devca.Options{})
	cert, issuer := issue(t, ca, clerk()).Certificate, ca.Issuing().Certificate
	requestFile := filepath.Join(t.TempDir(), "request")
	if out, err := openssl(t, "ocsp", "-issuer", file(t, "issuer.pem", issuer), "-cert", file(t, "cert.pem", cert), "-reqout", requestFile); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	request, err := os.ReadFile(requestFile)
	if err != nil {
		t.Fatal(err)
	}
	answer := fetch(t, base+"/ocsp/"+url.PathEscape(base64.StdEncoding.EncodeToString(request)))
	if got := certs.ParseOCSP(answer, cert, issuer, time.Now()); got.Status != certs.Good {
		t.Errorf("got %v because %v", got.Status, got.Cause)
	}
}

func TestPKCS12(t *testing.T) {
	ca, _ := serve(t, devca.Options{})
	issued := issue(t, ca, clerk())
	packed, err := issued.PKCS12("mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	key, cert, chain, err := pkcs12.DecodeChain(packed, "mật khẩu")
	if err != nil || !cert.Equal(issued.Certificate) || len(chain) != 1 || !chain[0].Equal(ca.Issuing().Certificate) {
		t.Fatalf("got %v and a chain of %d", err, len(chain))
	}
	if public := key.(crypto.Signer).Public().(interface{ Equal(crypto.PublicKey) bool }); !public.Equal(cert.PublicKey) {
		t.Error("the key is not the certificate's")
	}
	if _, _, _, err := pkcs12.DecodeChain(packed, "another"); err == nil {
		t.Error("opens with another password")
	}
}

// TestState: the next authority in the same directory is the same, remembers what it issued, and answers at new addresses.
func TestState(t *testing.T) {
	dir := t.TempDir()
	first, base := serve(t, devca.Options{State: dir})
	good, revoked := issue(t, first, clerk()), issue(t, first, clerk())
	if err := first.Revoke(revoked.Certificate.SerialNumber, time.Now().Add(-time.Minute), 1); err != nil {
		t.Fatal(err)
	}

	second, other := serve(t, devca.Options{State: dir})
	if base == other || !second.Root().Certificate.Equal(first.Root().Certificate) || !second.TSARoot().Certificate.Equal(first.TSARoot().Certificate) {
		t.Fatal("not the same roots at another address")
	}
	anchors := []*x509.Certificate{second.Root().Certificate}
	if _, err := certs.Paths(good.Certificate, []*x509.Certificate{second.Issuing().Certificate}, anchors, time.Now()); err != nil {
		t.Errorf("a certificate issued before: %v", err)
	}
	list := fetch(t, other+"/issuing.crl")
	for want, issued := range map[certs.Status]devca.Issued{certs.Good: good, certs.Revoked: revoked} {
		if got := certs.ParseCRL(list, issued.Certificate, second.Issuing().Certificate, time.Now()); got.Status != want {
			t.Errorf("got %v because %v, want %v", got.Status, got.Cause, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "devca.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v", info.Mode(), err)
	}
}

func TestSuspensionLifted(t *testing.T) {
	ca, base := serve(t, devca.Options{})
	cert := issue(t, ca, clerk()).Certificate
	for _, step := range []struct {
		reason int
		want   certs.Status
	}{{6, certs.Suspended}, {8, certs.Good}} {
		if err := ca.Revoke(cert.SerialNumber, time.Now().Add(-time.Minute), step.reason); err != nil {
			t.Fatal(err)
		}
		if got := certs.ParseCRL(fetch(t, base+"/issuing.crl"), cert, ca.Issuing().Certificate, time.Now()); got.Status != step.want {
			t.Errorf("reason %d: got %v because %v, want %v", step.reason, got.Status, got.Cause, step.want)
		}
	}
	if err := ca.Revoke(big.NewInt(1), time.Now(), 1); err == nil {
		t.Error("revoked what was never issued")
	}
}

func TestRefused(t *testing.T) {
	ca, err := devca.New(devca.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range []string{"0.0.0.0:0", ":0", "localhost:0", "192.168.0.1:0", "[::]:0", "127.0.0.1"} {
		if _, err := ca.Serve(t.Context(), addr); err == nil {
			t.Errorf("serves on %q", addr)
		}
	}
	for name, profile := range map[string]devca.Profile{"no kind": {}, "no such key": {Kind: devca.Person, Key: "dsa"}} {
		if _, err := ca.Issue(profile); err == nil {
			t.Errorf("%s: issued", name)
		}
	}
	before, err := ca.Issue(clerk())
	if err != nil {
		t.Fatal(err)
	}
	if len(before.Certificate.OCSPServer)+len(before.Certificate.CRLDistributionPoints) != 0 {
		t.Error("addresses before there is one")
	}
}

// TestUsualSigner: what is issued by default passes what the signer asks of a certificate.
func TestUsualSigner(t *testing.T) {
	ca, _ := serve(t, devca.Options{})
	for _, kind := range []string{devca.Person, devca.Organisation} {
		profile := clerk()
		profile.Kind = kind
		cert := issue(t, ca, profile).Certificate
		for _, err := range []error{certs.CheckUsage(cert), certs.CheckStrength(cert), certs.CheckValidity(cert, time.Now())} {
			if err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
		if got, want := certs.Subject(cert).Title != "", kind == devca.Person; got != want {
			t.Errorf("%s: has a title: %v", kind, got)
		}
		if !slices.Contains(certs.Identifiers(cert), certs.Identifier{Scheme: "MST", Value: "3600000002"}) {
			t.Errorf("%s: got %v", kind, certs.Identifiers(cert))
		}
	}
}
