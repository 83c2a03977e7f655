package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/verify"
)

// verdicts measures judging documents of the demonstration in this process, one after the other, with what they carry and
// no network: at B-LTA with the revisions compared, three time-stamps' worth of paths and all revocation data. Beside it
// stand whole processes of other verifiers, which judge less of it: pdfsig takes no notice of validation data, pdfcpu and
// pyHanko are given no anchors.
func (b *bench) verdicts() error {
	document, err := os.ReadFile(b.path("demo", "signed", bundle.PagesFile))
	if err != nil {
		return err
	}
	anchors, err := certs.LoadAnchors(b.path("demo", "trust"))
	if err != nil {
		return err
	}
	took, hashing, err := b.judging(document, anchors)
	if err != nil {
		return err
	}
	beside := fmt.Sprintf("hashing the document %s", short(hashing))
	for _, peer := range [][]string{
		{"pdfsig", "-nocert", b.path("demo", "signed", bundle.PagesFile)},
		{"pdfcpu", "signatures", "validate", b.path("demo", "signed", bundle.PagesFile)},
		{"pyhanko", "sign", "validate", "--no-revocation-check", b.path("demo", "signed", bundle.PagesFile)},
	} {
		peerTook, ok := b.process(peer)
		if ok {
			beside += fmt.Sprintf(", %s as a process %s", peer[0], short(peerTook))
		} else {
			beside += fmt.Sprintf(", %s is not installed", peer[0])
		}
	}
	b.verdict("B-LTA", document, took, beside)
	return nil
}

// judging is how long the judging and, beside it, the hashing alone of a good document takes.
func (b *bench) judging(document []byte, anchors certs.Anchors) (took, hashing time.Duration, err error) {
	v := &verify.Verifier{Anchors: anchors, Revocation: certs.Offline{}}
	times, err := inTurns(401, func() error {
		r := v.PDF(b.ctx, bundle.PagesFile, document)
		if r.Verdict != verify.TotalPassed {
			return fmt.Errorf("a good document is %s", r.Verdict)
		}
		return nil
	}, func() error {
		sha256.Sum256(document)
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return times[0], times[1], nil
}

// verdict adds the line of a document with its evidence.
func (b *bench) verdict(level string, document []byte, took time.Duration, beside string) {
	rate := float64(time.Second) / float64(took)
	b.table.bounded(fmt.Sprintf("verify: %s, %d KB, evidence in the document, one processor", level, len(document)/1000),
		fmt.Sprintf("%.0f/s (%s)", rate, short(took)), "300/s", beside, rate >= 300)
}

// process is the median time of a program of others, if it is there; what it says is not looked at.
func (b *bench) process(command []string) (time.Duration, bool) {
	path, err := exec.LookPath(command[0])
	if err != nil {
		return 0, false
	}
	var times []time.Duration
	for range 5 {
		start := time.Now()
		_ = exec.CommandContext(b.ctx, path, command[1:]...).Run() //nolint:gosec // G204: the commands above
		times = append(times, time.Since(start))
	}
	return median(times), true
}
