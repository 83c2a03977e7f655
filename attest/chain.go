package attest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kytiem/audit"
	"kytiem/certs"
	"kytiem/store"
)

// AuditReport is what a check of everything found.
type AuditReport struct {
	Chain    audit.Report
	Stamps   int // heads with a time-stamp that holds
	Bundles  int // whose root, files and verdict were derived again
	Faults   []Fault
	Unlisted int       // faults beyond the first MaxFaults
	Stamped  time.Time // of the last time-stamp that holds
}

// Fault is one thing that is not as it has to be. Subject is an id, a digest or a number,
// What is for people to read.
type Fault struct{ Subject, Code, What string }

// MaxFaults bounds the faults in a report: somebody who changed everything must not fill
// the memory.
const MaxFaults = 1000

// CheckAudit follows the audit chain, checks its time-stamps, and derives every root
// and every verdict again from what is stored. Faults are in the report; the error
// is about not being able to look.
//
// Verdicts are given as of the signature, and nobody is asked about revocation: whether a
// certificate was revoked since is for who verifies a document, not for who asks whether
// what is stored is what was done. progress counts bundles; nil tells nobody.
func (s *Service) CheckAudit(ctx context.Context, progress func(done, total int)) (AuditReport, error) {
	if progress == nil {
		progress = func(int, int) {}
	}
	c := &checkup{s: s, names: make(map[string]string)}
	for _, part := range [...]func(context.Context) error{c.chain, c.blobs} {
		if err := part(ctx); err != nil {
			return c.AuditReport, err
		}
	}
	return c.AuditReport, c.bundles(ctx, progress)
}

// checkup is a check under way.
type checkup struct {
	AuditReport
	s     *Service
	names map[string]string // of accounts, by their ids

	anchors certs.Anchors // in force
	trust   string        // fingerprint of what was said of anchors, as the chain leads to it
}

// fault notes one. detail may be empty.
func (c *checkup) fault(code, subject, detail string) {
	if len(c.Faults) == MaxFaults {
		c.Unlisted++
		return
	}
	what := meaning(code)
	if detail != "" {
		what += ": " + detail
	}
	c.Faults = append(c.Faults, Fault{Subject: subject, Code: code, What: what})
}

// amiss notes a fault if err says that something stored is not there or not whole; what
// else there is about err is passed on.
func (c *checkup) amiss(err error, code, subject string) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt) {
		c.fault(code, subject, err.Error())
		return nil
	}
	return err
}

// chain checks the chain, its stamps and what the tables say of each other, all of it on
// one state of the database: entries made meanwhile are no faults.
func (c *checkup) chain(ctx context.Context) error {
	err := c.s.store.Read(ctx, func(v *store.View) error {
		if err := c.trusting(ctx, v); err != nil {
			return err
		}
		found, err := v.Contradictions(ctx)
		if err != nil {
			return err
		}
		for _, f := range found {
			c.fault(f.Code, strconv.Itoa(f.Rows), "")
		}
		unentered, err := v.Unentered(ctx, MaxFaults)
		if err != nil {
			return err
		}
		for _, u := range unentered {
			c.fault("unentered", u.ID, u.Act)
		}
		if err := c.follow(ctx, v); err != nil {
			return err
		}
		return c.trusted(ctx, v)
	})
	if err != nil {
		return err
	}
	return c.lastAuthority(ctx)
}

// blobs holds everything that is stored against its name. What nothing names any more is
// no fault.
func (c *checkup) blobs(ctx context.Context) error {
	v := c.s.store.Glance()
	for p := (store.Page{Limit: store.MaxPage}); ; {
		sums, next, err := v.Blobs(ctx, p)
		if err != nil {
			return err
		}
		for _, sum := range sums {
			blob, err := v.Blob(ctx, sum)
			if errors.Is(err, store.ErrNotFound) { // evidence that was deleted just now; what is named and missing is found by its name
				continue
			}
			if err == nil {
				err = blob.Check()
			}
			if err := c.amiss(err, "blob-changed", sum.String()); err != nil {
				return err
			}
		}
		if p.After = next; next == "" {
			return nil
		}
	}
}

// bundles goes through all bundles, the oldest first.
func (c *checkup) bundles(ctx context.Context, progress func(done, total int)) error {
	v := c.s.store.Glance()
	counts, err := v.CountBundles(ctx)
	if err != nil {
		return err
	}
	done, total := 0, 0
	for _, n := range counts {
		total += n
	}
	for p := (store.Page{}); ; {
		page, next, err := v.AllBundles(ctx, p)
		if err != nil { // one row that cannot be read hides those after it
			return c.amiss(err, "bundle-unreadable", "")
		}
		for _, b := range page {
			if err := c.bundle(ctx, b.ID); err != nil {
				return err
			}
			done++
			progress(done, max(done, total))
		}
		if p.After = next; next == "" {
			return nil
		}
	}
}
