package token

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"kytiem/program"
)

// Program is kytiem-token and the library it is to load.
type Program struct {
	Path   string // of the program; beside our own or in PATH if empty
	Module string // absolute path of the library

	// Patience is the longest silence before the program is killed, a minute if zero: some
	// tokens take that long to find their key, and holders to type a PIN at a pad.
	Patience time.Duration
}

// List lists the certificates on all tokens that are there, without a PIN.
func (p Program) List(ctx context.Context) ([]Certificate, error) {
	var list []Certificate
	err := p.ask(ctx, Question{Module: p.Module}, func(a Answer) error {
		if a.Certificate == nil || len(list) == maxCertificates {
			return ErrProtocol
		}
		list = append(list, *a.Certificate)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// Sign has every item signed by the key of a certificate that List gave, in one login. The
// signatures come in the order of the items, or none does.
func (p Program) Sign(ctx context.Context, by Certificate, login Login, items []Item) ([][]byte, error) {
	if len(items) == 0 || len(items) > MaxItems {
		return nil, fmt.Errorf("%d items: %w", len(items), ErrProtocol)
	}
	var signatures [][]byte
	err := p.ask(ctx, Question{Module: p.Module, Certificate: &by, Login: &login, Items: items}, func(a Answer) error {
		if a.Signature == nil || len(signatures) == len(items) {
			return ErrProtocol
		}
		signatures = append(signatures, a.Signature)
		return nil
	})
	if err == nil && len(signatures) != len(items) {
		err = fmt.Errorf("%d signatures for %d items: %w", len(signatures), len(items), ErrProtocol)
	}
	if err != nil {
		return nil, err
	}
	return signatures, nil
}

// ask starts the program for one question. It is over when this returns, whatever it did.
func (p Program) ask(ctx context.Context, q Question, each func(Answer) error) error {
	path, err := p.Path, error(nil)
	if path == "" {
		path, err = program.Find("kytiem-token")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	line, err := json.Marshal(q)
	if err != nil {
		return fmt.Errorf("writing the question: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	child := exec.CommandContext(ctx, path)
	// A vendor's library has no business with our settings, in which passwords stand.
	child.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "KYTIEM_") })
	in, err := child.StdinPipe() // stays open: when it ends, as when we die, the child ends itself
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	child.Cancel = func() error { // closed too, since a process that the library left behind may hold the other end
		return errors.Join(child.Process.Kill(), out.Close())
	}
	if err := child.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrNoProgram, err)
	}
	patience := p.Patience
	if patience == 0 {
		patience = time.Minute
	}
	var silent atomic.Bool
	watch := time.AfterFunc(patience, func() { silent.Store(true); cancel() })
	defer watch.Stop()

	go in.Write(append(line, '\n')) //nolint:errcheck // a child that does not read does not answer either
	err = listen(out, each, func() { watch.Reset(patience) })
	cancelled := ctx.Err() != nil && !silent.Load()
	ended := err == nil || !errors.Is(err, io.ErrUnexpectedEOF)
	if ended {
		cancel() // what it might still say is of no interest
	}
	state := child.Wait()
	switch {
	case err == nil:
		return nil
	case silent.Load():
		return fmt.Errorf("no answer in %s: %w", patience, ErrHangs)
	case cancelled:
		return context.Cause(ctx)
	case !ended:
		return fmt.Errorf("%w: %w", ErrCrashed, errors.Join(err, state))
	}
	return err
}

// listen reads answers up to the end that the child tells. An end that it does not tell is
// io.ErrUnexpectedEOF.
func listen(out io.Reader, each func(Answer) error, heard func()) error {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxAnswer)
	for lines.Scan() {
		heard()
		var a Answer
		if err := decode(lines.Bytes(), &a); err != nil {
			return err
		}
		switch {
		case a.Fault != "":
			fault := faultOf(a.Fault)
			return fmt.Errorf("%w%s", fault, strings.TrimPrefix(": "+printable(a.Detail), ": "+fault.English))
		case a.Done:
			return nil
		}
		if err := each(a); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line of more than %d bytes: %w", maxAnswer, ErrProtocol)
	}
	return io.ErrUnexpectedEOF
}

// printable bounds what the child said, for a terminal and a log.
func printable(detail string) string {
	if len(detail) > 300 {
		detail = detail[:300]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, detail)
}
