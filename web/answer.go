package web

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

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

// Alike reports whether the signatures say all that there is to say of the file: that it
// holds as each of them does.
func (a answer) Alike() bool {
	return len(a.Signatures) > 0 && !slices.ContainsFunc(a.Signatures, func(s signature) bool {
		quiet := s.IsTimestamp() && s.Indication == verify.TotalPassed
		return !quiet && (s.Indication != a.Report.Verdict || s.Explain != a.Report.Explain)
	})
}

// Stands says by a word's key where the bundle stands; empty if it is none.
func (a answer) Stands() string {
	b := a.Report.Bundle
	switch {
	case b == nil:
		return ""
	case b.Status == "unknown" && b.Ours != nil && *b.Ours:
		return "bundle.open"
	}
	return "bundle." + b.Status
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

// Goes reports whether the file goes on behind what was signed, so that there is a signed
// version apart from it.
func (s signature) Goes() bool { return s.Coverage != nil && s.Coverage.Extent == "WHOLE_REVISION" }

// After says by a word's key what became of the document after the signature; empty where
// nothing can be said, since it is not known what was signed.
func (s signature) After() string {
	switch m := s.Modifications; {
	case m == nil:
		return ""
	case m.Level != "NONE" || s.Indication != verify.TotalFailed:
		return "after." + strings.ToLower(strings.ReplaceAll(m.Level, "_", "-"))
	case s.SubIndication == verify.HashFailure:
		return "after.broken"
	}
	return ""
}

// Changed reports whether that is something a reader could notice.
func (s signature) Changed() bool {
	return !slices.Contains([]string{"", "after.none", "after.lta"}, s.After())
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
			a.Disclosed = append(a.Disclosed, disclosed{name, readable(d.Value.Text())})
		}
	}
}

// readable is a value as people write it: of dates, which stand in records by ISO 8601, the
// day comes first.
func readable(value string) string {
	if day, err := time.Parse(time.DateOnly, value); err == nil {
		return day.Format("02/01/2006")
	}
	return value
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
