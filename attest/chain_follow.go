package attest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"kytiem/audit"
	"kytiem/certs"
	"kytiem/signer"
	"kytiem/store"
)

// entriesAtOnce is how much of the chain is in memory.
const entriesAtOnce = 1000

// entries goes through the chain behind an entry, with nothing under way on the view while
// one is looked at.
func entries(ctx context.Context, v *store.View, after int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for {
			page, err := v.AuditAfter(ctx, after, entriesAtOnce)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
			after = page[len(page)-1].Seq
		}
	}
}

// follow walks the chain once. Where it is broken that is noted, and the walk goes on from
// the entry as it is: one forged entry must not hide another.
func (c *checkup) follow(ctx context.Context, v *store.View) error {
	head, err := v.AuditHead(ctx)
	if err != nil {
		return err
	}
	stamps, err := c.stamps(ctx, v)
	if err != nil {
		return err
	}
	next, stop := iter.Pull2(c.regarded(ctx, v, stamps))
	defer stop()
	for from := (audit.Head{}); ; {
		var last audit.Head
		report, err := audit.Check(from, head, func(yield func(audit.Entry, error) bool) {
			for {
				e, err, more := next()
				if !more {
					return
				}
				last = audit.Head{Seq: e.Seq, Sum: e.Sum}
				if !yield(e, err) {
					return
				}
			}
		})
		c.Chain.Entries += report.Entries
		c.Chain.Backwards += report.Backwards
		if report.Furthest > c.Chain.Furthest {
			c.Chain.Furthest, c.Chain.FurthestSeq = report.Furthest, report.FurthestSeq
		}
		c.Chain.Head = report.Head
		var broken *audit.BrokenError
		switch {
		case err == nil:
			return nil
		case errors.Is(err, store.ErrCorrupt):
			c.fault("chain-unreadable", strconv.FormatInt(report.Head.Seq+1, 10), "")
			return nil
		case !errors.As(err, &broken):
			return err
		}
		c.fault(brokenCode(broken.Err), strconv.FormatInt(broken.Seq, 10), "")
		if errors.Is(err, audit.ErrHead) {
			return nil
		}
		from = last
	}
}

func brokenCode(err error) string {
	for code, why := range map[string]error{"chain-gap": audit.ErrGap, "chain-doubled": audit.ErrDoubled, "chain-order": audit.ErrPrev,
		"chain-changed": audit.ErrSum, "chain-end": audit.ErrHead} {
		if errors.Is(err, why) {
			return code
		}
	}
	return "chain-malformed"
}

// regarded is the chain, each entry of which is held against the stamps and against what
// the tables say about it today.
func (c *checkup) regarded(ctx context.Context, v *store.View, stamps []stamped) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		before := func(seq int64) { // what stands over entries that are not there
			for len(stamps) > 0 && stamps[0].head.Seq < seq {
				c.fault("stamp-elsewhere", strconv.FormatInt(stamps[0].head.Seq, 10), "")
				stamps = stamps[1:]
			}
		}
		for e, err := range entries(ctx, v, 0) {
			if err == nil {
				before(e.Seq)
				if len(stamps) > 0 && stamps[0].head.Seq == e.Seq {
					c.stamp(stamps[0], e)
					stamps = stamps[1:]
				}
				err = c.regard(ctx, v, &e)
			}
			if !yield(e, err) {
				return
			}
		}
		before(1<<63 - 1)
	}
}

// stamped is a stamp whose token was judged.
type stamped struct {
	head audit.Head
	at   time.Time
	good bool
}

// stamps judges the tokens of all stamps; whether their heads are in the chain is seen
// when it is walked.
func (c *checkup) stamps(ctx context.Context, v *store.View) ([]stamped, error) {
	var judged []stamped
	for st, err := range v.Stamps(ctx) {
		if err != nil {
			return nil, c.amiss(err, "stamp-wrong", "")
		}
		code, err := judgeStamp(ctx, st, c.anchors)
		if code != "" && code != "anchors-missing" {
			c.fault(code, strconv.FormatInt(st.Head.Seq, 10), err.Error())
		}
		judged = append(judged, stamped{st.Head, st.At, code == ""})
	}
	if len(judged) > 0 && len(c.anchors.TSA) == 0 {
		c.fault("anchors-missing", strconv.Itoa(len(judged)), "")
	}
	return judged, nil
}

// judgeStamp says by which code a stamp does not hold, and why. Nobody is asked about
// revocation: every stamp stands over all entries that an earlier one stands over, and the
// last one's authority is asked about.
func judgeStamp(ctx context.Context, st store.Stamp, anchors certs.Anchors) (code string, err error) {
	at, err := signer.CheckTimestamp(ctx, st.Token, st.Head.Sum, anchors, nil)
	switch {
	case errors.Is(err, certs.ErrNoPath) && len(anchors.TSA) == 0:
		return "anchors-missing", err
	case errors.Is(err, certs.ErrNoPath):
		return "stamp-untrusted", err
	case err != nil:
		return "stamp-wrong", err
	case !at.Truncate(time.Microsecond).Equal(st.At):
		return "stamp-wrong", fmt.Errorf("it states %s", at.UTC().Format(time.RFC3339))
	}
	return "", nil
}

func (c *checkup) stamp(st stamped, e audit.Entry) {
	switch {
	case st.head.Sum != e.Sum:
		c.fault("stamp-elsewhere", strconv.FormatInt(e.Seq, 10), "")
	case st.good:
		c.Stamps++
		c.Stamped = st.at
	}
}

// lastAuthority asks whether the authority of the last stamp was revoked.
func (c *checkup) lastAuthority(ctx context.Context) error {
	st, err := c.s.store.Glance().LastStamp(ctx)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt) || c.s.o.Revocation == nil {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := signer.CheckTimestamp(ctx, st.Token, st.Head.Sum, c.anchors, c.s.o.Revocation); errors.Is(err, certs.ErrRevoked) ||
		errors.Is(err, certs.ErrSuspended) {
		c.fault("stamp-untrusted", strconv.FormatInt(st.Head.Seq, 10), err.Error())
	}
	return nil
}

// regard holds an entry against what the tables say today: what it names is there, and
// what it ended has ended.
func (c *checkup) regard(ctx context.Context, v *store.View, e *audit.Entry) error {
	switch e.Act {
	case "bundles.claim", "bundles.seal":
		_, err := v.Bundle(ctx, e.Subject)
		if err := c.amiss(err, "bundle-missing", e.Subject); err != nil {
			return err
		}
	case "accounts.add", "accounts.disable":
		a, err := v.Account(ctx, e.Subject)
		facts := factsOf(e)
		if err == nil && (a.Unit != e.Unit || facts["role"] != "" && facts["role"] != a.Role || e.Act == "accounts.disable" && a.DisabledAt.IsZero()) {
			err = store.ErrCorrupt
		}
		return c.amiss(err, "account-changed", e.Subject)
	case "tokens.issue", "tokens.revoke":
		t, err := v.Token(ctx, e.Subject)
		if err == nil && (t.Account != factsOf(e)["account"] || e.Act == "tokens.revoke" && t.RevokedAt.IsZero()) {
			err = store.ErrCorrupt
		}
		return c.amiss(err, "token-changed", e.Subject)
	case "anchors.add", "anchors.remove":
		c.regardAnchor(e)
	case "bundles.number", "minutes.number":
		return c.regardNumber(ctx, v, e)
	case "certificates.bind", "certificates.unbind":
		b, err := v.Certificate(ctx, e.Subject)
		facts := factsOf(e)
		if err == nil && (b.Account != facts["account"] || b.Unit != e.Unit || facts["certificate"] != "" && facts["certificate"] != b.SHA256.String() ||
			e.Act == "certificates.unbind" && b.UnboundAt.IsZero()) {
			err = store.ErrCorrupt
		}
		if err := c.amiss(err, "binding-changed", e.Subject); err != nil {
			return err
		}
	}
	for _, name := range named(e.Act) {
		var sum store.Digest
		if text := factsOf(e)[name]; text == "" || sum.UnmarshalText([]byte(text)) != nil {
			continue
		}
		_, err := v.Blob(ctx, sum)
		if err := c.amiss(err, "blob-missing", sum.String()); err != nil {
			return err
		}
	}
	return nil
}

// named are the facts by which an act names content that is kept.
func named(act string) []string {
	switch act {
	case "units.write":
		return []string{"entered"}
	case "anchors.add", "anchors.remove", "certificates.unbind", "evidence.delete", "signing.refused", "bundles.withdraw", "bundles.supersede":
		return []string{"reason"}
	case "bundles.superseded", "bundles.recall":
		return []string{"statement", "signature"}
	case "signing.completed":
		return []string{string(signer.Document), string(signer.Manifest)}
	case "bundles.seal", "bundles.sign", "bundles.countersign", "bundles.raise":
		return []string{"manifest", "pdf"}
	case "minutes.draw", "minutes.confirm":
		return []string{"minutes", "scan"}
	}
	return nil
}

// factsOf reads the facts of an entry, counts as text.
func factsOf(e *audit.Entry) map[string]string {
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(e.Detail.String()), &members) != nil { // which the chain itself is faulted for
		return nil
	}
	facts := make(map[string]string, len(members))
	for name, value := range members {
		facts[name] = strings.Trim(string(value), `"`)
	}
	return facts
}
