package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	throwaway "kytiem/certs/devca"

	"kytiem/cmd/terminal"
)

// TestServeStarts: it is there within a second on a database that exists, takes little
// while nothing is asked, tells how it is, and stops when it is told to.
func TestServeStarts(t *testing.T) {
	dir := t.TempDir()
	env := []string{"KYTIEM_LISTEN=" + address(t), "KYTIEM_DATABASE=data/kytiem.db"}
	start(t, dir, env, "serve").stop(t)
	if info, err := os.Stat(filepath.Join(dir, "data", "kytiem.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("database: %v, %v", info, err)
	}
	p := start(t, dir, env, "serve")
	if p.took > 3*time.Second { // thrice what is promised: other tests run beside this one
		t.Errorf("took %v to start", p.took)
	}
	for path, want := range map[string]string{
		"/livez": "ok\n", "/readyz": "ok\n", "/": "Ký Tiêm", "/openapi.json": `"openapi":"3.1`, "/openapi.yaml": "openapi: 3.1",
		"/metrics": "\nkytiem_database_up 1\n",
	} {
		if status, body := p.fetch(t, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d, %.200s", path, status, body)
		}
	}
	if _, body := p.fetch(t, "/metrics"); !strings.Contains(body, `kytiem_bundles{state="signed"} 0`) || !strings.Contains(body, `kytiem_certificates_expiring{days="30"} 0`) || !strings.Contains(body, "process_resident_memory_bytes") {
		t.Errorf("metrics lack something:\n%s", body)
	}
	if status, body := p.fetch(t, "/v1/nichts"); status != http.StatusNotFound || !strings.Contains(body, `"code"`) {
		t.Errorf("a call that is none: %d, %s", status, body)
	}
	resident := residentMB(t, p)
	if resident > 90 { // half as much again as is promised of one that lies idle: this one was just asked, and garbage lies about
		t.Errorf("holds %d MB", resident)
	}
	t.Logf("ready after %v, %d MB", p.took, resident)
	p.stop(t)
}

// TestServerBounds: no time of the server is without an end.
func TestServerBounds(t *testing.T) {
	s := bounded(http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	if s.ReadHeaderTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 || s.WriteTimeout != 30*time.Minute {
		t.Errorf("bounds of the server: header %v, idle %v, write %v, %d bytes of headers", s.ReadHeaderTimeout, s.IdleTimeout, s.WriteTimeout, s.MaxHeaderBytes)
	}
}

func residentMB(t *testing.T, p *process) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.Process.Pid) + "/status")
	if err != nil {
		t.Skip("not Linux")
	}
	found := regexp.MustCompile(`VmRSS:\s*([0-9]+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatalf("no VmRSS in %s", status)
	}
	kB, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kB >> 10
}

// upload begins a verification whose second half comes when send is called.
func upload(t *testing.T, p *process) (send func(), answer <-chan int) {
	t.Helper()
	body, half := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/v1/verifications", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/pdf")
	status := make(chan int, 1)
	go func() {
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			status <- 0
			return
		}
		defer answer.Body.Close()
		status <- answer.StatusCode
	}()
	if _, err := io.WriteString(half, "%PDF-1.7\n"); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, body := p.fetch(t, "/metrics"); strings.Contains(body, "\nkytiem_calls_in_flight 1\n") {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("the call does not begin:\n%s", body)
		}
	}
	return func() { _, _ = io.WriteString(half, "nothing more"); _ = half.Close() }, status
}

// TestServeStops: what is under way comes to its end, and nothing new is begun.
func TestServeStops(t *testing.T) {
	p := start(t, t.TempDir(), []string{"KYTIEM_LISTEN=" + address(t)}, "serve")
	send, answer := upload(t, p)
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err != nil {
			break
		}
		conn.Close()
		if time.Now().After(deadline) {
			t.Fatal("goes on to take calls")
		}
	}
	send()
	if got := <-answer; got != http.StatusOK {
		t.Errorf("the call under way: status %d", got)
	}
	p.end(t)
}

// TestServeKilled: who asks twice does not want to wait.
func TestServeKilled(t *testing.T) {
	p := start(t, t.TempDir(), []string{"KYTIEM_LISTEN=" + address(t)}, "serve")
	upload(t, p)
	for range 2 {
		if err := p.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
	}
	select {
	case err := <-p.ended:
		ended := (*exec.ExitError)(nil)
		if !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Error("still there after the second signal")
	}
}

// trusted has an authority serve, and writes what a service needs of it: its roots, and a
// key of the service's own.
func trusted(t *testing.T, dir string, p throwaway.Profile) (*throwaway.CA, []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ca, err := throwaway.New(throwaway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Serve(ctx, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.Kind, p.CommonName, p.Identifiers, p.Key = throwaway.Organisation, "Ký Tiêm", []string{"MST:0000075999"}, "p256"
	issued, err := ca.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := issued.PKCS12("mật khẩu")
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"trust/root.crt": ca.Root().Certificate.Raw, "trust/tsa/root.crt": ca.TSARoot().Certificate.Raw,
		"service.p12": packed, "service.pass": []byte("mật khẩu\n"),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ca, []string{"KYTIEM_LISTEN=" + address(t), "KYTIEM_TRUST=trust", "KYTIEM_REVOCATION=private", "KYTIEM_TSA=" + ca.URL() + "/tsa",
		"KYTIEM_KEY=service.p12", "KYTIEM_KEY_PASSWORD_FILE=service.pass"}
}

// TestServeChains: the chains of the service's own key and of time-stamps are checked at
// start. What is set wrongly ends it; what will pass by itself does not.
func TestServeChains(t *testing.T) {
	yesterday := time.Now().Add(-24 * time.Hour)
	other, err := stranger()
	if err != nil {
		t.Fatal(err)
	}
	replace := func(name string, content []byte) func(*testing.T, string, *throwaway.CA) {
		return func(t *testing.T, dir string, _ *throwaway.CA) {
			if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name    string
		profile throwaway.Profile
		change  func(t *testing.T, dir string, ca *throwaway.CA)
		says    string // of the settings, if they end it
		logs    string
	}{
		{name: "all right"},
		{name: "no answer of the TSA", logs: "time-stamping authority gives no stamp",
			change: func(_ *testing.T, _ string, ca *throwaway.CA) { ca.Break("/tsa", throwaway.Fault{Status: 503}) }},
		{name: "another's time-stamps", says: "KYTIEM_TSA", change: replace("trust/tsa/root.crt", other.Raw)},
		{name: "another's key", says: "KYTIEM_KEY", change: replace("trust/root.crt", other.Raw)},
		{name: "expired", says: "KYTIEM_KEY", profile: throwaway.Profile{NotBefore: yesterday.Add(-time.Hour), NotAfter: yesterday}},
		{name: "another password", says: "KYTIEM_KEY", change: replace("service.pass", []byte("password"))},
		{name: "no key", says: "KYTIEM_KEY", change: replace("service.p12", []byte("nothing"))},
		{name: "no anchor", says: "KYTIEM_TRUST", change: replace("trust/root.crt", []byte("nothing"))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			ca, env := trusted(t, dir, tt.profile)
			if tt.change != nil {
				tt.change(t, dir, ca)
			}
			if tt.says != "" {
				_, complaint := command(t, terminal.ExitError, dir, env, "serve")
				if !strings.Contains(complaint, tt.says) || !vietnameseLetter.MatchString(complaint) || !englishWord.MatchString(complaint) {
					t.Errorf("it says: %s", complaint)
				}
				return
			}
			p := start(t, dir, env, "serve")
			for deadline := time.Now().Add(10 * time.Second); !strings.Contains(p.log.String(), tt.logs); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("does not log %q: %s", tt.logs, p.log)
				}
			}
			if tt.logs == "" && strings.Contains(p.log.String(), "level=WARN") {
				t.Errorf("warns: %s", p.log)
			}
			p.stop(t)
		})
	}
}

// TestServeSlowTSA is one whose answer comes after the start. It still counts.
func TestServeSlowTSA(t *testing.T) {
	for _, tt := range []struct {
		name  string
		wrong bool
	}{{"right", false}, {"wrong", true}} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			ca, env := trusted(t, dir, throwaway.Profile{})
			if tt.wrong {
				other, err := stranger()
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "trust", "tsa", "root.crt"), other.Raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ca.Break("/tsa", throwaway.Fault{Delay: 1500 * time.Millisecond})
			p := start(t, dir, env, "serve")
			select {
			case <-p.ended:
				if !tt.wrong || !strings.Contains(p.log.String(), "KYTIEM_TSA") {
					t.Errorf("ended, and says: %s", p.log)
				}
			case <-time.After(3 * time.Second):
				if tt.wrong {
					t.Error("goes on with time-stamps that it cannot accept")
				}
				p.stop(t)
			}
		})
	}
}

// TestOperatorWithoutKey: that the service's own certificate has expired must not keep
// the operator from the database.
func TestOperatorWithoutKey(t *testing.T) {
	dir := t.TempDir()
	_, env := trusted(t, dir, throwaway.Profile{})
	start(t, dir, env, "serve").stop(t)
	_, expired := trusted(t, dir, throwaway.Profile{NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})
	command(t, terminal.ExitError, dir, expired, "serve")
	command(t, 0, dir, expired, "token", "create", "--role", "admin")
	command(t, 0, dir, expired, "backup", "copy.db")
}
