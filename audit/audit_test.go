package audit_test

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"kytiem/audit"
)

var start = time.Date(2026, 11, 23, 8, 0, 0, 123456000, time.UTC)

// detail is NewDetail for facts that are known to be sound.
func detail(t testing.TB, facts ...audit.Fact) audit.Detail {
	t.Helper()
	d, err := audit.NewDetail(facts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// chain makes n entries, a second apart.
func chain(t testing.TB, n int) ([]audit.Entry, audit.Head) {
	t.Helper()
	var head audit.Head
	entries := make([]audit.Entry, n)
	for i := range entries {
		e := audit.Entry{
			At: start.Add(time.Duration(i) * time.Second), Act: "result.import", Actor: "ACCOUNT1", Unit: "07507",
			Subject: fmt.Sprintf("IMPORT%d", i),
			Detail:  detail(t, audit.Count("taken", int64(i)), audit.ID("file", strings.Repeat("ab", 32))),
		}
		var err error
		if head, err = e.After(head); err != nil {
			t.Fatal(err)
		}
		entries[i] = e
	}
	return entries, head
}

// all walks entries without an error.
func all(entries []audit.Entry) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestCheck(t *testing.T) {
	entries, head := chain(t, 5)
	forged := entries[2]
	forged.Detail = detail(t, audit.Count("taken", 99))
	resealed := forged
	resealed.Sum, _ = audit.Sum(resealed.Prev, &resealed)
	noForm := entries[2]
	noForm.Actor = "Trần Văn An"

	tests := []struct {
		name    string
		from    audit.Head
		head    audit.Head
		entries []audit.Entry
		want    error
		seq     int64
	}{
		{name: "whole", head: head, entries: entries},
		{name: "nothing yet"},
		{name: "from a known head on", from: audit.Head{Seq: 2, Sum: entries[1].Sum}, head: head, entries: entries[2:]},
		{name: "up to an older head", head: audit.Head{Seq: 3, Sum: entries[2].Sum}, entries: entries[:3]},
		{name: "the end is cut off", head: head, entries: entries[:4], want: audit.ErrHead, seq: 4},
		{name: "all is gone", head: head, want: audit.ErrHead},
		{name: "the head is behind", head: audit.Head{Seq: 3, Sum: entries[2].Sum}, entries: entries, want: audit.ErrHead, seq: 5},
		{name: "one is missing", head: head, entries: slices.Concat(entries[:2], entries[3:]), want: audit.ErrGap, seq: 4},
		{name: "the first is missing", head: head, entries: entries[1:], want: audit.ErrGap, seq: 2},
		{name: "one comes twice", head: head, entries: slices.Insert(slices.Clone(entries), 3, entries[2]), want: audit.ErrDoubled, seq: 3},
		{name: "one was changed", head: head, entries: slices.Concat(entries[:2], []audit.Entry{forged}, entries[3:]), want: audit.ErrSum, seq: 3},
		{name: "one was changed and hashed anew", head: head, entries: slices.Concat(entries[:2], []audit.Entry{resealed}, entries[3:]), want: audit.ErrPrev, seq: 4},
		{name: "the last was changed and hashed anew", head: audit.Head{Seq: 3, Sum: entries[2].Sum}, entries: slices.Concat(entries[:2], []audit.Entry{resealed}), want: audit.ErrHead, seq: 3},
		{name: "one has a name in it", head: head, entries: slices.Concat(entries[:2], []audit.Entry{noForm}, entries[3:]), want: audit.ErrMalformed, seq: 3},
		{name: "from another head", from: audit.Head{Seq: 2, Sum: entries[0].Sum}, head: head, entries: entries[2:], want: audit.ErrPrev, seq: 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := audit.Check(test.from, test.head, all(test.entries))
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			var broken *audit.BrokenError
			if errors.As(err, &broken) && broken.Seq != test.seq {
				t.Errorf("got broken at %d, want %d", broken.Seq, test.seq)
			}
			if err == nil && (report.Entries != int64(len(test.entries)) || report.Head != test.head || report.Backwards != 0) {
				t.Errorf("got %+v", report)
			}
		})
	}
}

func TestCheckPassesErrorsOn(t *testing.T) {
	lost := errors.New("connection lost")
	_, err := audit.Check(audit.Head{}, audit.Head{}, func(yield func(audit.Entry, error) bool) { yield(audit.Entry{}, lost) })
	if !errors.Is(err, lost) {
		t.Fatalf("got %v, want %v", err, lost)
	}
}

// TestClockJumps: a clock that is set back is no break, but is reported.
func TestClockJumps(t *testing.T) {
	var head audit.Head
	var entries []audit.Entry
	for _, second := range []int{0, 10, 9, 20, 5, 6} {
		e := audit.Entry{At: start.Add(time.Duration(second) * time.Second), Act: "tick", Actor: "clock"}
		head, _ = e.After(head)
		entries = append(entries, e)
	}
	got, err := audit.Check(audit.Head{}, head, all(entries))
	want := audit.Report{Entries: 6, Head: head, Backwards: 2, Furthest: 15 * time.Second, FurthestSeq: 5}
	if err != nil || got != want {
		t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

// TestAnyChangeIsFound does one thing to a chain, whatever it is; the check must
// find it. Who changes an entry may compute its own hash anew, as a thief would.
func TestAnyChangeIsFound(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		original, head := chain(t, rapid.IntRange(1, 12).Draw(rt, "entries"))
		changed := slices.Clone(original)
		i := rapid.IntRange(0, len(changed)-1).Draw(rt, "at")
		switch rapid.SampledFrom([]string{"change", "remove", "swap", "insert", "truncate"}).Draw(rt, "what") {
		case "change":
			e := &changed[i]
			switch rapid.IntRange(0, 8).Draw(rt, "field") {
			case 0:
				e.Seq += rapid.SampledFrom([]int64{-1, 1, 1 << 40}).Draw(rt, "by")
			case 1:
				e.At = e.At.Add(time.Microsecond)
			case 2:
				e.Act += "x"
			case 3:
				e.Actor = "ACCOUNT2"
			case 4:
				e.Unit = ""
			case 5:
				e.Subject = e.Unit
			case 6:
				e.Detail = ""
			case 7:
				e.Prev[rapid.IntRange(0, 31).Draw(rt, "byte")] ^= 1
			case 8:
				e.Sum[rapid.IntRange(0, 31).Draw(rt, "byte")] ^= 1
			}
			if rapid.Bool().Draw(rt, "hashed anew") && e.Sum == original[i].Sum {
				if sum, err := audit.Sum(e.Prev, e); err == nil {
					e.Sum = sum
				}
			}
		case "remove":
			changed = slices.Delete(changed, i, i+1)
		case "swap":
			j := rapid.IntRange(0, len(changed)-1).Draw(rt, "with")
			changed[i], changed[j] = changed[j], changed[i]
			if rapid.Bool().Draw(rt, "renumbered") {
				changed[i].Seq, changed[j].Seq = changed[j].Seq, changed[i].Seq
			}
			if i == j {
				return
			}
		case "insert":
			e := changed[rapid.IntRange(0, len(changed)-1).Draw(rt, "copy of")]
			if rapid.Bool().Draw(rt, "fitted in") {
				_, _ = e.After(audit.Head{Seq: changed[i].Seq, Sum: changed[i].Sum})
			}
			changed = slices.Insert(changed, i+1, e)
		case "truncate":
			changed = changed[:i]
		}
		if _, err := audit.Check(audit.Head{}, head, all(changed)); err == nil {
			rt.Fatalf("not found in %+v", changed)
		}
	})
}

// TestLineIsRFC8785 holds our writer against a general implementation.
func TestLineIsRFC8785(t *testing.T) {
	entries, _ := chain(t, 2)
	for _, e := range entries {
		got := e.AppendLine(nil)
		want, err := jcs.Transform(got)
		if err != nil || string(got) != string(want) {
			t.Fatalf("got  %s, %v\nwant %s", got, err, want)
		}
		again, err := audit.ParseLine(got)
		if err != nil || again != e {
			t.Fatalf("parsed %+v, %v\nwant   %+v", again, err, e)
		}
	}
}

// TestSum pins the form: another hash for the same entry breaks every chain there is.
func TestSum(t *testing.T) {
	e := audit.Entry{Seq: 7, At: start, Act: "bundle.seal", Actor: "A", Unit: "07507", Subject: "B",
		Detail: detail(t, audit.Count("doses", 12), audit.ID("root", "00ff"))}
	got, err := audit.Sum(audit.Hash{1}, &e)
	// printf '\3\1'; head -c31 /dev/zero; printf %s '{"act":…,"v":1}' | sha256sum
	const want = "f7f3832fbe04ed968b68ad46d772e9f7345b8f5f86803edf5d215a039f2f0fd1"
	if err != nil || got.String() != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestNewDetail(t *testing.T) {
	tests := []struct {
		name  string
		facts []audit.Fact
		want  audit.Detail
		bad   bool
	}{
		{name: "nothing"},
		{name: "ordered by name", facts: []audit.Fact{audit.Count("b", -2), audit.ID("a", "X-1")}, want: `{"a":"X-1","b":-2}`},
		{name: "a person's name", facts: []audit.Fact{audit.ID("who", "Trần Văn An")}, bad: true},
		{name: "a sentence", facts: []audit.Fact{audit.ID("why", "wrong birth date")}, bad: true},
		{name: "quotes", facts: []audit.Fact{audit.ID("a", `"`)}, bad: true},
		{name: "empty text", facts: []audit.Fact{audit.ID("a", "")}, bad: true},
		{name: "twice", facts: []audit.Fact{audit.ID("a", "1"), audit.Count("a", 1)}, bad: true},
		{name: "strange name", facts: []audit.Fact{audit.Count("A", 1)}, bad: true},
		{name: "beyond exact integers", facts: []audit.Fact{audit.Count("n", 1<<53)}, bad: true},
		{name: "too many", facts: make([]audit.Fact, audit.MaxFacts+1), bad: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := audit.NewDetail(test.facts...)
			if got != test.want || errors.Is(err, audit.ErrMalformed) != test.bad {
				t.Errorf("got %q, %v, want %q", got, err, test.want)
			}
		})
	}
}

func TestSumRefuses(t *testing.T) {
	good := audit.Entry{Seq: 1, At: start, Act: "a", Actor: "b"}
	tests := []struct {
		name   string
		change func(*audit.Entry)
	}{
		{"no number", func(e *audit.Entry) { e.Seq = 0 }},
		{"local time", func(e *audit.Entry) { e.At = e.At.In(time.FixedZone("UTC+7", 25200)) }},
		{"nanoseconds", func(e *audit.Entry) { e.At = e.At.Add(1) }},
		{"no time", func(e *audit.Entry) { e.At = time.Time{} }},
		{"no act", func(e *audit.Entry) { e.Act = "" }},
		{"blank in actor", func(e *audit.Entry) { e.Actor = "a b" }},
		{"long unit", func(e *audit.Entry) { e.Unit = strings.Repeat("1", audit.MaxTextBytes+1) }},
		{"subject not ASCII", func(e *audit.Entry) { e.Subject = "é" }},
		{"detail is a list", func(e *audit.Entry) { e.Detail = "[1]" }},
		{"detail with blanks", func(e *audit.Entry) { e.Detail = `{"a": 1}` }},
		{"detail with a float", func(e *audit.Entry) { e.Detail = `{"a":1.5}` }},
		{"detail with a zero in front", func(e *audit.Entry) { e.Detail = `{"a":-0}` }},
		{"detail out of order", func(e *audit.Entry) { e.Detail = `{"b":1,"a":1}` }},
		{"detail with a name twice", func(e *audit.Entry) { e.Detail = `{"a":1,"a":1}` }},
		{"huge detail", func(e *audit.Entry) { e.Detail = audit.Detail(`{"a":"` + strings.Repeat("x", 10000) + `"}`) }},
	}
	if _, err := audit.Sum(audit.Hash{}, &good); err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := good
			test.change(&e)
			if _, err := audit.Sum(audit.Hash{}, &e); !errors.Is(err, audit.ErrMalformed) {
				t.Errorf("got %v, want %v", err, audit.ErrMalformed)
			}
		})
	}
}

// FuzzParseLine: what parses prints back to the same bytes.
func FuzzParseLine(f *testing.F) {
	entries, _ := chain(f, 3)
	for _, e := range entries {
		f.Add(e.AppendLine(nil))
	}
	f.Add([]byte(`{"act":"a","actor":"b","at":"2026-11-23T08:00:00.000000Z","detail":{},"prev":"","seq":1,"subject":"","sum":"","unit":"","v":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := audit.ParseLine(line)
		if err != nil {
			if !errors.Is(err, audit.ErrMalformed) {
				t.Fatalf("got %v, want %v", err, audit.ErrMalformed)
			}
			return
		}
		if got := e.AppendLine(nil); string(got) != string(line) {
			t.Fatalf("got  %s\nwant %s", got, line)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	entries, head := chain(b, 10_000)
	for b.Loop() {
		if _, err := audit.Check(audit.Head{}, head, all(entries)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(entries))*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
