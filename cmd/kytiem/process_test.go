package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a kytiem that serves, as a process of its own.
type process struct {
	*exec.Cmd
	url   string
	took  time.Duration // until it said where it is
	log   *said
	ended chan error
}

// said is what a process says while it runs.
type said struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var readyLine = regexp.MustCompile(`http://127\.0\.0\.1:[0-9]+`)

// start starts kytiem in dir, with these variables beside the test's own, and waits until
// it says its address.
func start(t *testing.T, dir string, env []string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("kytiem", args...), log: &said{}, ended: make(chan error, 1)}
	p.Dir, p.Env, p.Stderr = dir, append(os.Environ(), env...), p.log
	stdout, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() }) // unless it was stopped before
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if url := readyLine.FindString(lines.Text()); url != "" {
				found <- url
				break
			}
		}
		_, _ = io.Copy(io.Discard, stdout)
		p.ended <- p.Wait()
	}()
	select {
	case p.url = <-found:
		p.took = time.Since(began)
	case err := <-p.ended:
		t.Fatalf("kytiem %s ended (%v): %s", args[0], err, p.log)
	case <-time.After(30 * time.Second):
		t.Fatalf("kytiem %s is not ready: %s", args[0], p.log)
	}
	return p
}

// stop asks the process to stop, which it has to do by itself.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	p.end(t)
}

func (p *process) end(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("ended with %v: %s", err, p.log)
		}
	case <-time.After(stopTimeout + 5*time.Second):
		t.Fatalf("does not stop: %s", p.log)
	}
}

// fetch asks the process by GET.
func (p *process) fetch(t *testing.T, path string) (status int, body string) {
	t.Helper()
	ctx, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(content)
}

// command runs kytiem in dir to its end, which must come with this code.
func command(t *testing.T, code int, dir string, env []string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, complaint strings.Builder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, "kytiem", args...)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, append(os.Environ(), env...), &out, &complaint
	err := c.Run()
	got, ended := 0, (*exec.ExitError)(nil)
	if errors.As(err, &ended) {
		got = ended.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != code {
		t.Fatalf("kytiem %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &out, &complaint)
	}
	return out.String(), complaint.String()
}

// address is one that nobody has at present.
func address(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
