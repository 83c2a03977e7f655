package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/verify"
)

// remembered is a source that has asked before: evidence is cached.
type remembered struct{}

func (remembered) Revocation(_ context.Context, cert, _ *x509.Certificate, at time.Time) certs.Revocation {
	return certs.Revocation{Status: certs.Good, Serial: certs.Serial(cert), Source: "ocsp", ThisUpdate: at}
}

// peers measures judging in this process beside the verifiers of others over the same files: a document of 150 KB with one
// signature at B-B, and one of 25 signatures over 50 revisions. pdfcpu and pyHanko are measured within their processes,
// too; pdfsig is only a process.
func (b *bench) peers() error {
	p, err := newPeople()
	if err != nil {
		return err
	}
	root := b.path("peers-root.der")
	if err := os.WriteFile(root, p.root.Raw, 0o600); err != nil {
		return err
	}
	one, many := b.path("one.pdf"), b.path("many.pdf")
	if err := write(one, (*document).unsigned); err != nil {
		return err
	}
	plain, err := os.ReadFile(one) //nolint:gosec // G304: just written
	if err != nil {
		return err
	}
	signed, err := p.signed(plain, "s0")
	if err != nil {
		return err
	}
	further := signed
	for n := range 25 {
		if n > 0 {
			if further, err = p.signed(further, fmt.Sprintf("s%d", n)); err != nil {
				return err
			}
		}
		file, err := pades.Open(further)
		if err != nil {
			return err
		}
		if further, err = pades.AppendDSS(file, pades.Evidence{Certs: [][]byte{numbered(p.root.Raw, n)}}); err != nil {
			return err
		}
	}
	for path, content := range map[string][]byte{one: signed, many: further} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	// As in the service, the signer was met before, and that his path holds is known.
	v := &verify.Verifier{Anchors: certs.Anchors{CA: []*x509.Certificate{p.root}, Verified: &certs.VerifiedPaths{}}, Revocation: remembered{}}
	judging := func(content []byte, n int) func() error {
		return func() error {
			r := v.PDF(b.ctx, "x.pdf", content)
			if r.Verdict != verify.TotalPassed || len(r.Signatures) != n {
				return fmt.Errorf("a good document of %d signatures is %s", n, r.Verdict)
			}
			return nil
		}
	}
	times, err := inTurns(101, judging(signed, 1))
	if err != nil {
		return err
	}
	beside, ratios := b.others(one, root, times[0])
	rate := float64(time.Second) / float64(times[0])
	b.table.bounded(fmt.Sprintf("verify: B-B, %d KB, evidence cached, one processor", len(signed)/1000),
		fmt.Sprintf("%.0f/s (%s)", rate, short(times[0])), "1000/s; 10 × pdfsig, 3 × pdfcpu, 10 × pyHanko", beside, rate >= 1000 && ratios)
	if times, err = inTurns(11, judging(further, 25)); err != nil {
		return err
	}
	beside, _ = b.others(many, root, times[0])
	b.table.bounded("verify: 25 signatures over 50 revisions", short(times[0]), "50 ms", beside, times[0] <= 50*time.Millisecond)
	return nil
}

// others asks the verifiers that are installed, and says how many times as long they take, and whether that is enough.
func (b *bench) others(file, root string, ours time.Duration) (said string, enough bool) {
	enough = true
	var parts []string
	add := func(name string, took time.Duration, ok bool, times float64) {
		if !ok {
			parts = append(parts, name+" is not installed")
			return
		}
		ratio := float64(took) / float64(ours)
		enough = enough && ratio >= times
		parts = append(parts, fmt.Sprintf("%s %s (%.1f ×)", name, short(took), ratio))
	}
	took, ok := b.process([]string{"pdfsig", "-nocert", file})
	add("pdfsig as a process", took, ok, 10)
	took, ok = b.reported("bin/judge-pdfcpu", file)
	add("pdfcpu's API", took, ok, 3)
	took, ok = b.reported("var/interop/venv/bin/python", ".ci/judges/rate.py", file, root, "10")
	add("pyHanko in its process", took, ok, 10)
	return strings.Join(parts, ", "), enough
}

// reported runs a judge that measures itself and prints microseconds.
func (b *bench) reported(command string, args ...string) (time.Duration, bool) {
	if _, err := os.Stat(command); err != nil {
		return 0, false
	}
	out, err := exec.CommandContext(b.ctx, command, args...).Output() //nolint:gosec // G204: the judges above
	n, malformed := strconv.Atoi(string(bytes.TrimSpace(out)))
	return time.Duration(n) * time.Microsecond, err == nil && malformed == nil
}

// unsigned is a document of 150 KB.
func (d *document) unsigned() error {
	d.object(1, "<< /Type /Catalog /Pages 2 0 R >>")
	d.object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 595 842] >>")
	d.object(3, "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> >>")
	d.object(4, "<< /Length 147000 >>\nstream\n", func() {
		d.repeat("0 0 m 9 9 l S        \n", 7000-318)
		d.repeat(" ", 147000-(7000-318)*22)
		d.printf("\nendstream")
	})
	return d.section("/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]")
}

// signed appends a signature.
func (p *people) signed(content []byte, field string) ([]byte, error) {
	file, err := pades.Open(content)
	if err != nil {
		return nil, err
	}
	update, err := pades.Prepare(file, pades.SignatureOptions{Field: field, Time: time.Now(), Reserve: 4000})
	if err != nil {
		return nil, err
	}
	cms, err := p.cms(update.Digest)
	if err != nil {
		return nil, err
	}
	return update.Embed(content, cms)
}
