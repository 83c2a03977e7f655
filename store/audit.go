package store

import (
	"context"
	"fmt"
	"iter"

	"kytiem/audit"
)

// Audit notes an act of this transaction, in the words of [audit.Entry]; it is
// entered in the chain when the transaction commits, and only then. The error is
// audit.ErrMalformed for what may not stand there.
func (tx *Tx) Audit(act, actor, unit, subject string, facts ...audit.Fact) error {
	detail, err := audit.NewDetail(facts...)
	if err != nil {
		return err
	}
	e := audit.Entry{At: tx.now, Act: act, Actor: actor, Unit: unit, Subject: subject, Detail: detail}
	if _, err := e.After(audit.Head{}); err != nil { // where it will stand changes nothing about its form
		return err
	}
	tx.entries = append(tx.entries, e)
	return nil
}

// enter puts the transaction's entries into the chain. Taking the head is the last
// lock of every transaction: whoever holds it waits for nobody, and the order of the
// chain is the order in which transactions become visible. Since all others wait
// meanwhile, what follows is one round trip.
func (tx *Tx) enter(ctx context.Context) error {
	if len(tx.entries) == 0 {
		return nil
	}
	var head audit.Head
	err := tx.one(ctx, `UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq - $1, sum`,
		[]any{len(tx.entries)}, &head.Seq, digest(&head.Sum))
	if err != nil {
		return err
	}
	statements := make([]statement, 0, len(tx.entries)+1)
	for i := range tx.entries {
		e := &tx.entries[i]
		if head, err = e.After(head); err != nil {
			return err
		}
		statements = append(statements, statement{
			`INSERT INTO audit (seq, at, act, actor, unit, subject, detail, prev, sum) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			[]any{e.Seq, micros(e.At), e.Act, e.Actor, e.Unit, e.Subject, e.Detail.String(), e.Prev[:], e.Sum[:]},
		})
	}
	statements = append(statements, statement{`UPDATE audit_head SET sum = $1 WHERE id = 1`, []any{head.Sum[:]}})
	_, err = tx.conn.all(ctx, statements)
	return err
}

// AuditHead is where the chain ends.
func (v *View) AuditHead(ctx context.Context) (audit.Head, error) {
	var head audit.Head
	err := v.one(ctx, `SELECT seq, sum FROM audit_head WHERE id = 1`, nil, &head.Seq, digest(&head.Sum))
	return head, err
}

// AuditEntries walks the chain behind the entry with number after; 0 for the whole.
func (v *View) AuditEntries(ctx context.Context, after int64) iter.Seq2[audit.Entry, error] {
	return walk(ctx, v, auditEntry,
		`SELECT seq, at, act, actor, unit, subject, detail, prev, sum FROM audit WHERE seq > $1 ORDER BY seq`, after)
}

// AuditAfter reads up to n entries behind the entry with number after: for who has to ask
// other things about each of them, which no walk allows.
func (v *View) AuditAfter(ctx context.Context, after int64, n int) ([]audit.Entry, error) {
	return list(ctx, v, auditEntry,
		`SELECT seq, at, act, actor, unit, subject, detail, prev, sum FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`, after, n)
}

// AuditOf lists what was done to subject, the newest first.
func (v *View) AuditOf(ctx context.Context, subject string, p Page) ([]audit.Entry, string, error) {
	before := int64(newest)
	if err := p.read(&before); err != nil {
		return nil, "", err
	}
	limit := p.limit()
	entries, err := list(ctx, v, auditEntry,
		`SELECT seq, at, act, actor, unit, subject, detail, prev, sum FROM audit
		 WHERE subject = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3`, subject, before, limit+1)
	if err != nil {
		return nil, "", err
	}
	entries, next := cut(entries, limit, func(e *audit.Entry) string { return cursor(e.Seq) })
	return entries, next, nil
}

// LastAct is the latest act of one kind on a subject. It is found at once, whatever else
// was done to the subject, or refused to whom.
func (v *View) LastAct(ctx context.Context, subject, act string) (audit.Entry, error) {
	e, err := only(ctx, v, auditEntry,
		`SELECT seq, at, act, actor, unit, subject, detail, prev, sum FROM audit
		 WHERE subject = $1 AND act = $2 ORDER BY seq DESC LIMIT 1`, subject, act)
	if err != nil {
		return audit.Entry{}, fmt.Errorf("reading the last %s of %s: %w", act, subject, err)
	}
	return e, nil
}

// Unentered is a row of which no entry of the chain says that it was made.
type Unentered struct{ Act, ID string }

// Unentered lists what accounts, tokens and bindings of certificates lie in the tables
// without the act that makes them, at most limit of each. act and subject of an entry are
// words of who makes it, and so are these acts.
func (v *View) Unentered(ctx context.Context, limit int) ([]Unentered, error) {
	var found []Unentered
	for _, kind := range [...]struct{ act, query string }{
		{"accounts.add", `SELECT x.id FROM accounts AS x`},
		{"tokens.issue", `SELECT x.id FROM tokens AS x`},
		{"certificates.bind", `SELECT x.id FROM certificates AS x`},
	} {
		part, err := list(ctx, v, func(r rows) (u Unentered, err error) { u.Act = kind.act; return u, r.Scan(&u.ID) },
			kind.query+` WHERE NOT EXISTS (SELECT 1 FROM audit AS e WHERE e.subject = x.id AND e.act = $1) ORDER BY x.id LIMIT $2`,
			kind.act, limit)
		if err != nil {
			return nil, fmt.Errorf("looking for what no %s made: %w", kind.act, err)
		}
		found = append(found, part...)
	}
	return found, nil
}

// CheckAudit walks the whole chain behind from, the zero Head for all of it, and
// reports whether it is unbroken (see [audit.Check]). It should be called in one
// [Store.Read], so that entries made meanwhile are not taken for faults.
func (v *View) CheckAudit(ctx context.Context, from audit.Head) (audit.Report, error) {
	head, err := v.AuditHead(ctx)
	if err != nil {
		return audit.Report{}, err
	}
	return audit.Check(from, head, v.AuditEntries(ctx, from.Seq))
}

func auditEntry(r rows) (e audit.Entry, err error) {
	err = r.Scan(&e.Seq, instant(&e.At), &e.Act, &e.Actor, &e.Unit, &e.Subject, (*string)(&e.Detail), digest(&e.Prev), digest(&e.Sum))
	if e.Detail == "{}" {
		e.Detail = ""
	}
	return e, err
}
