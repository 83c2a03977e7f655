package api_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/certs/devca"
	"kytiem/signer"
	"kytiem/token"
	"kytiem/token/tokentest"
)

// hsm is a desk whose service signs its statements with a key in an HSM.
func hsm(t *testing.T) *desk {
	t.Helper()
	tokens := tokentest.Need(t)
	path, err := tokentest.BuildProgram(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	ca, err := devca.New(devca.Options{Now: func() time.Time { return time.Date(2022, 1, 5, 2, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	issued, err := ca.Issue(devca.Profile{Kind: devca.Organisation, CommonName: "Ký Tiêm", Identifiers: []string{"MST:0000000001"}})
	if err != nil {
		t.Fatal(err)
	}
	serial, err := tokens.Make("kytiem")
	if err == nil {
		err = errors.Join(tokens.PutKey(serial, []byte{1}, issued.Key), tokens.PutCertificate(serial, []byte{1}, "", issued.Certificate))
	}
	if err != nil {
		t.Fatal(err)
	}
	m := tokens.Misbehave(t, "")
	key, err := signer.OpenPKCS11(t.Context(), signer.PKCS11Options{Program: token.Program{Path: path, Module: m.Module, Patience: 20 * time.Second},
		Login: token.Login{PIN: tokentest.PIN, Unattended: true}})
	if err != nil {
		t.Fatal(err)
	}
	return newDesk(t, func(_ *api.Options, o *attest.Options) {
		o.Statements = &attest.Statements{Carrier: key, Chain: [][]byte{issued.Certificate.Raw}}
	})
}

// killChild kills the program that signs, once its library hangs in that: killed while it logs in, SoftHSM can leave a
// token that nobody reads any more.
func killChild(ctx context.Context) error {
	self := strconv.Itoa(os.Getpid())
	for ; ctx.Err() == nil; time.Sleep(5 * time.Millisecond) {
		if asked, err := os.ReadFile(os.Getenv("MISBEHAVE_CALLS")); err != nil || !strings.Contains(string(asked), "sign") {
			continue // there is no file before the first call
		}
		found, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			return err
		}
		for _, path := range found {
			stat, err := os.ReadFile(path)
			if err != nil { // it has ended
				continue
			}
			fields := strings.Fields(string(stat))
			if len(fields) < 4 || fields[1] != "(kytiem-token)" || fields[3] != self {
				continue
			}
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				return err
			}
			return syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return ctx.Err()
}

// TestKeyAway: a statement that the service's own key cannot sign now is not told unsigned, and is no fault of ours; when
// the HSM is back, it is signed.
func TestKeyAway(t *testing.T) {
	d := hsm(t)
	b := d.signed(t, 2)
	at := "/v1/bundles/" + b.ID
	there := func(t *testing.T) {
		t.Helper()
		var said struct{ Signature []byte }
		if d.call(t, "", http.MethodGet, at+"/status", nil).into(t, &said); len(said.Signature) == 0 {
			t.Error("the status is not signed")
		}
	}
	there(t)
	for _, test := range []struct {
		name  string
		away  func(t *testing.T)
		while func(ctx context.Context) error
	}{
		{"the library crashes", func(t *testing.T) { t.Setenv("MISBEHAVE", "crash") }, nil},
		{"the program is killed", func(t *testing.T) { t.Setenv("MISBEHAVE", "hang") }, killChild},
		{"the token is gone", func(t *testing.T) { t.Setenv("SOFTHSM2_CONF", "/nonexistent") }, nil},
		{"it signs wrongly", func(t *testing.T) { t.Setenv("MISBEHAVE", "wrong") }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.away(t)
			for _, call := range []func() *answer{
				func() *answer { return d.call(t, "", http.MethodGet, at+"/status", nil) },
				func() *answer {
					return d.call(t, d.token[attest.Head], http.MethodPost, at+"/recall", object{"reason": "nhầm đơn vị"})
				},
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				killed := make(chan error, 1)
				if test.while != nil {
					os.Remove(os.Getenv("MISBEHAVE_CALLS"))
					go func() { killed <- test.while(ctx) }()
				} else {
					killed <- nil
				}
				a := call()
				a.is(t, http.StatusServiceUnavailable, "key-away")
				if a.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if err := <-killed; err != nil {
					t.Error(err)
				}
				cancel()
			}
			d.state(t, b.ID, "signed")
		})
		there(t)
	}
	d.call(t, d.token[attest.Head], http.MethodPost, at+"/recall", object{"reason": "nhầm đơn vị"}).into(t, &object{})
	d.state(t, b.ID, "recalled")
}
