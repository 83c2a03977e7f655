package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a program that runs beside us until it is stopped.
type process struct {
	*exec.Cmd
	url string
}

// start runs a program and waits for its first line, in which address finds where it answers.
func (b *bench) start(address *regexp.Regexp, environment []string, name string, args ...string) (*process, error) {
	p := &process{Cmd: exec.CommandContext(b.ctx, name, args...)}
	var complaints bytes.Buffer
	p.Env, p.Stderr = append(os.Environ(), environment...), &complaints
	p.Cancel = func() error { return p.Process.Signal(syscall.SIGTERM) }
	out, err := p.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.Cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := address.FindString(line)
	if err != nil || found == "" {
		return nil, errors.Join(fmt.Errorf("%s did not say where it is: %q\n%s", name, line, complaints.Bytes()), p.stop())
	}
	p.url = found
	return p, nil
}

func (p *process) stop() error {
	_ = p.Process.Signal(syscall.SIGTERM) // it may have ended already
	err := p.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == -1 {
		return nil // of the signal
	}
	return err
}

// memory is what the process holds now, or held at its peak since the last reset, in MB.
func (p *process) memory(peak bool) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0, err
	}
	field := "VmRSS:"
	if peak {
		field = "VmHWM:"
	}
	_, rest, _ := strings.Cut(string(status), field)
	words := strings.Fields(rest)
	if len(words) == 0 {
		return 0, fmt.Errorf("no %s in the process's status", field)
	}
	kb, err := strconv.ParseInt(words[0], 10, 64)
	return kb >> 10, err
}

// resetPeak has the kernel count the peak anew (proc(5), clear_refs).
func (p *process) resetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.Process.Pid), []byte("5"), 0)
}

// startCA starts the throwaway CA, with a certificate for the head of each of these units.
func (b *bench) startCA(units []string) (*process, error) {
	var profiles []map[string]any
	for _, code := range units {
		profiles = append(profiles, headOf(code))
	}
	wanted, err := json.Marshal(profiles)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(b.path("profiles.json"), wanted, 0o600); err != nil {
		return nil, err
	}
	return b.start(regexp.MustCompile(`http://[0-9.:]+`), nil, "bin/devca", "--dir", b.path("trust"), "--out", b.path("keys"), "--profiles", b.path("profiles.json"))
}

// serve starts the service on a database.
func (b *bench) serve(database string) (*process, error) {
	return b.start(regexp.MustCompile(`http://[0-9.:]+`), b.settings(database), program, "serve")
}

func (b *bench) settings(database string) []string {
	return []string{"KYTIEM_LISTEN=127.0.0.1:0", "KYTIEM_DATABASE=" + database, "KYTIEM_TRUST=" + b.path("trust"),
		"KYTIEM_REVOCATION=private", "KYTIEM_LOG_LEVEL=warn", "KYTIEM_REQUEST_LIFETIME=2h",
		"KYTIEM_PROXIES=127.0.0.0/8"} // so that callers can come from many addresses
}

// caller is somebody who calls the service.
type caller struct{ url, token string }

// client keeps as many connections as there are callers of a load.
var client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}

// call makes a call and reads its answer into out, if that is not nil.
func (c caller) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		sent, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(sent)
	}
	return c.send(ctx, method, path, "application/json", body, out)
}

func (c caller) send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", kind)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s\n%s", method, path, response.Status, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// ready waits until the service answers.
func (c caller) ready(ctx context.Context) error {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		err := c.call(ctx, http.MethodGet, "/readyz", nil, nil)
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
