// Devca serves a THROWAWAY certification authority on 127.0.0.1, for `make run`, demonstrations and tests: OCSP, CRLs and
// time-stamps over HTTP, a trust directory with its roots, and PKCS#12 files for the profiles asked for. NEVER put its
// trust directory into a real service: whoever can read its state can sign in anybody's name.
//
// It prints one line of JSON when it is ready and serves until it is told to stop.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"kytiem/certs/devca"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "devca:", err)
		}
		os.Exit(2)
	}
}

// settings are the command line.
type settings struct {
	dir, state, out string
	listen          string
	profiles        string
	lifeline        bool
}

func parseFlags(args []string, stderr io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("devca", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.dir, "dir", "", "trust directory to write: root.pem and tsa/tsa-root.pem, nothing else (required)")
	flags.StringVar(&s.state, "state", "", "directory of keys and lists; the same one gives the same CA again (default devca-state beside --dir)")
	flags.StringVar(&s.out, "out", "", "directory for NAME.p12, NAME.pass and NAME.pem of each profile; not within --dir")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "address on 127.0.0.1; certificates carry it, so a restart needs the same port for old ones")
	flags.StringVar(&s.profiles, "profiles", "", "JSON array of profiles to issue, a file or - for standard input")
	flags.BoolVar(&s.lifeline, "stdin-lifeline", false, "stop when standard input ends, as it does when the parent dies")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	switch {
	case s.dir == "" || flags.NArg() > 0:
		return s, errors.New("usage: devca --dir DIR [--listen 127.0.0.1:PORT] [--profiles FILE --out DIR]")
	case s.profiles != "" && s.out == "":
		return s, errors.New("--profiles needs --out")
	case s.out != "" && within(s.out, s.dir):
		return s, errors.New("--out lies in the trust directory, where only anchors belong")
	}
	if s.state == "" {
		s.state = filepath.Join(filepath.Dir(filepath.Clean(s.dir)), "devca-state")
	}
	if within(s.state, s.dir) {
		return s, errors.New("--state lies in the trust directory, where only anchors belong")
	}
	return s, nil
}

// within says whether path is dir or below it.
func within(path, dir string) bool {
	path, errPath := filepath.Abs(path)
	dir, errDir := filepath.Abs(dir)
	if errPath != nil || errDir != nil {
		return true
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}

// ready is the line that tells the parent where things are.
type ready struct {
	URL   string `json:"url"`
	OCSP  string `json:"ocsp"`
	TSA   string `json:"tsa"`
	Trust string `json:"trust"`
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	s, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	requests, err := readProfiles(s.profiles, stdin)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	ca, err := devca.New(devca.Options{State: s.state})
	if err != nil {
		return err
	}
	url, err := ca.Serve(ctx, s.listen)
	if err != nil {
		return err
	}
	if err := writeAnchors(s.dir, ca); err != nil {
		return err
	}
	if err := issueAll(s.out, ca, requests); err != nil {
		return err
	}
	line, err := json.Marshal(ready{URL: url, OCSP: url + "/ocsp", TSA: url + "/tsa", Trust: s.dir})
	if err != nil {
		return fmt.Errorf("encoding the ready line: %w", err)
	}
	if _, err := fmt.Fprintf(stdout, "%s\n", line); err != nil {
		return fmt.Errorf("printing the ready line: %w", err)
	}

	if s.lifeline {
		go func() {
			defer cancel()
			_, _ = io.Copy(io.Discard, stdin) // any end of it is the end
		}()
	}
	<-ctx.Done()
	return nil
}
