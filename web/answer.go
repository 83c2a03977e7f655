package web

import (
	"bytes"
	"fmt"
	"slices"

	"kytiem/bundle"
	"kytiem/verify"
)

// answer is what the page says of one file: the report, or why there is none.
type answer struct {
	ID         string // in the page
	Name       string
	Report     *verify.Report
	Problem    *problem
	Signatures []signature
	Hidden     int         // signatures that are not shown
	Disclosed  []disclosed // of a proof
}

// Alike reports whether one signature says all that there is to say of the file.
func (a answer) Alike() bool {
	r := a.Report
	return len(r.Signatures) == 1 && r.Verdict == r.Signatures[0].Indication && r.Explain == r.Signatures[0].Explain
}

// signature is one signature of a report, with its place in the page.
type signature struct {
	*verify.Signature
	ID string
}

// maxShown bounds the signatures of one file that are shown: somebody's file of a thousand
// makes a page of megabytes.
const maxShown = 50

// number gives the answer its place in the page and lays out what it shows.
func (a *answer) number(n int) {
	a.ID = fmt.Sprintf("answer-%d", n)
	if a.Report == nil {
		return
	}
	for i := range a.Report.Signatures {
		a.Signatures = append(a.Signatures, signature{&a.Report.Signatures[i], fmt.Sprintf("%s-%d", a.ID, i+1)})
	}
	if len(a.Signatures) > maxShown {
		slices.SortStableFunc(a.Signatures, func(x, y signature) int { return x.concern() - y.concern() })
		a.Signatures, a.Hidden = a.Signatures[:maxShown], len(a.Signatures)-maxShown
	}
}

// concern orders signatures: what a reader has to know comes first.
func (s signature) concern() int {
	switch s.Indication {
	case verify.TotalFailed:
		return 0
	case verify.Indeterminate:
		return 1
	case verify.TotalPassed, verify.NoSignature:
	}
	return 2
}

// IsTimestamp reports whether it is nobody's signature but a document time-stamp.
func (s signature) IsTimestamp() bool { return s.Format == "PAdES-DOC-TIMESTAMP" }

// Goes reports whether the file goes on behind what was signed, so that there is a signed
// version apart from it.
func (s signature) Goes() bool { return s.Coverage != nil && s.Coverage.Extent == "WHOLE_REVISION" }

// Changed reports whether something that a reader could notice was changed after the
// signature.
func (s signature) Changed() bool {
	return s.Modifications != nil && !slices.Contains([]string{"NONE", "LTA"}, s.Modifications.Level)
}

// Further are the sentences on what does not hold, but for the one that is said first.
func (s signature) Further() []verify.Sentence {
	return slices.DeleteFunc(slices.Concat(s.Errors, s.Warnings), func(said verify.Sentence) bool { return said == s.Explain })
}

// Held are the checks by outcome: those that did not hold first.
func (s signature) Held() []verify.Check {
	rank := map[verify.CheckStatus]int{verify.Fail: 0, verify.Warn: 1, verify.OK: 2}
	return slices.SortedStableFunc(slices.Values(s.Checks), func(x, y verify.Check) int { return rank[x.Status] - rank[y.Status] })
}

// disclosed is one field that a proof opens.
type disclosed struct{ Field, Value string }

// open takes out of a proof that leads to its root what it discloses: the report names the
// fields only, and a reader wants to see what was proved.
func (a *answer) open(kept proofCopy) {
	if a.Report == nil || a.Report.Proof == nil || a.Report.Proof.Inclusion != verify.OK || kept.over {
		return
	}
	proof, err := bundle.ParseProof(kept.Bytes())
	if err != nil {
		return
	}
	for _, name := range bundle.Fields() {
		if d, opened := proof.Disclosed[name]; opened {
			a.Disclosed = append(a.Disclosed, disclosed{name, d.Value.Text()})
		}
	}
}

// maxKept bounds the proof whose values are shown: the API lets a thousand callers in at
// once, and each may bring one.
const maxKept = 256 << 10

// proofCopy keeps what went by, if it begins as proofs do.
type proofCopy struct {
	bytes.Buffer
	over bool
}

// Write implements [io.Writer].
func (k *proofCopy) Write(p []byte) (int, error) {
	const start = `{"digests":`
	if k.over || k.Len()+len(p) > maxKept {
		k.over = true
		k.Reset()
		return len(p), nil
	}
	k.Buffer.Write(p)
	if n := min(k.Len(), len(start)); string(k.Bytes()[:n]) != start[:n] {
		k.over = true
		k.Reset()
	}
	return len(p), nil
}
