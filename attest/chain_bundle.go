package attest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/store"
	"kytiem/verify"
)

// past is what the chain says about a bundle.
type past struct {
	moves  []audit.Entry          // that moved it, the newest first
	latest map[string]audit.Entry // of each act
}

// moveOf is the move that an act in the chain made.
func moveOf(act string) (move bundle.Act, moves bool) {
	switch act {
	case "bundles.seal":
		return bundle.Seal, true
	case "bundles.withdraw":
		return bundle.Withdraw, true
	case "signing.prepared":
		return bundle.Request, true
	case "bundles.lapse":
		return bundle.Lapse, true
	case "bundles.sign":
		return bundle.Sign, true
	case "minutes.confirm":
		return bundle.Confirm, true
	case "bundles.superseded":
		return bundle.Supersede, true
	case "bundles.recall":
		return bundle.Recall, true
	}
	return "", false
}

// pastOf reads what was done to a bundle. What others were refused is passed over.
func pastOf(ctx context.Context, v *store.View, id string) (*past, error) {
	p := &past{latest: make(map[string]audit.Entry)}
	for page := (store.Page{Limit: store.MaxPage}); ; {
		entries, next, err := v.AuditOf(ctx, id, page)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if _, moves := moveOf(e.Act); moves {
				p.moves = append(p.moves, e)
			}
			if _, later := p.latest[e.Act]; !later {
				p.latest[e.Act] = e
			}
		}
		if page.After = next; next == "" {
			return p, nil
		}
	}
}

// signed is the act that the signed files come from: the signature of the head, the
// organisation's after it, or the last time that they were raised.
func (p *past) signed() (e audit.Entry, signed bool) {
	for _, act := range [...]string{"bundles.sign", "bundles.countersign", "bundles.raise"} {
		if one, done := p.latest[act]; done && one.Seq > e.Seq {
			e, signed = one, true
		}
	}
	return e, signed
}

// bundle checks one bundle: where it stands on one state of the database, and then the
// verdict on its files, which never change.
func (c *checkup) bundle(ctx context.Context, id string) error {
	var b store.Bundle
	var files []store.File
	var p *past
	sealed := false
	err := c.s.store.Read(ctx, func(v *store.View) (err error) {
		if b, err = v.Bundle(ctx, id); err != nil {
			return err
		}
		if p, err = pastOf(ctx, v, id); err != nil {
			return err
		}
		c.state(b, p)
		_, sealed = p.latest["bundles.seal"]
		if sealed = sealed || b.Root != (bundle.HexHash{}); !sealed {
			return nil
		}
		if files, err = v.Files(ctx, id); err != nil {
			return err
		}
		c.named(b, files, p)
		return c.records(ctx, v, b, files, p)
	})
	if err != nil || !sealed {
		return c.amiss(err, "bundle-unreadable", id)
	}
	c.Bundles++
	return c.verdict(ctx, b, files, p)
}

// state holds where a bundle stands against the acts on it, by the one table of moves.
func (c *checkup) state(b store.Bundle, p *past) {
	status := bundle.Status{State: bundle.Open}
	for _, e := range slices.Backward(p.moves) {
		move, _ := moveOf(e.Act)
		next, err := status.Apply(move)
		if err != nil {
			c.fault("bundle-acts", b.ID, fmt.Sprintf("audit entry %d, %v", e.Seq, err))
			continue
		}
		status = next
	}
	if status != b.Status {
		c.fault("bundle-state", b.ID, fmt.Sprintf("%s, by the chain %s", b.Status.State, status.State))
	}
	if number := p.latest["bundles.number"]; factsOf(&number)["number"] != b.Number {
		c.fault("bundle-number", b.ID, "")
	}
}

// named holds root and files against what the chain names.
func (c *checkup) named(b store.Bundle, files []store.File, p *past) {
	sealing, sealed := p.latest["bundles.seal"]
	if !sealed {
		c.fault("bundle-unsealed", b.ID, "")
	}
	facts := factsOf(&sealing)
	c.same(b.ID, "root", facts["root"], b.Root.String())
	c.same(b.ID, "records", facts["records"], strconv.Itoa(b.Size))
	of := func(name string) string {
		if f, err := fileOf(files, name); err == nil {
			return f.SHA256.String()
		}
		return "none"
	}
	c.same(b.ID, bundle.ManifestFile, facts["manifest"], of(bundle.ManifestFile))
	if signing, signed := p.latest["bundles.sign"]; signed {
		facts := factsOf(&signing)
		c.same(b.ID, "root", facts["root"], b.Root.String())
		signing, _ = p.signed()
		facts = factsOf(&signing)
		c.same(b.ID, bundle.PagesFile, facts["pdf"], of(bundle.PagesFile))
		c.same(b.ID, bundle.SignatureFile, facts["manifest"], of(bundle.SignatureFile))
	}
	if drawing, drawn := p.latest["minutes.draw"]; drawn {
		c.same(b.ID, bundle.MinutesFile, factsOf(&drawing)["minutes"], of(bundle.MinutesFile))
	}
	if confirming, confirmed := p.latest["minutes.confirm"]; confirmed {
		facts := factsOf(&confirming)
		c.same(b.ID, bundle.MinutesFile, facts["minutes"], of(bundle.MinutesFile))
		c.same(b.ID, scanFile, facts["scan"], of(scanFile))
	}
}

// same notes where something is not what the chain says, if that says anything.
func (c *checkup) same(id, what, chained, stored string) {
	if chained != "" && chained != stored {
		c.fault("bundle-other", id, what)
	}
}

// records recomputes root and counts, holds the bundle's row against its manifest, and
// every row of records against its line.
func (c *checkup) records(ctx context.Context, v *store.View, b store.Bundle, files []store.File, p *past) error {
	file, err := fileOf(files, bundle.ManifestFile)
	var manifestJSON []byte
	if err == nil {
		manifestJSON, err = v.BlobRange(ctx, file.SHA256, 0, min(file.Size, bundle.MaxManifestBytes+1))
	}
	if err != nil {
		return c.amiss(err, "bundle-manifest", b.ID)
	}
	m, err := bundle.ParseManifest(manifestJSON)
	if err != nil {
		c.fault("bundle-manifest", b.ID, err.Error())
		return nil
	}
	if m.Bundle != b.ID || m.Unit.Code != b.Unit || m.Root != b.Root || m.Size != b.Size || m.Counts != b.Counts || m.Period != b.Period ||
		m.Supersedes != b.Supersedes {
		c.fault("bundle-manifest", b.ID, "")
	}
	if file, err = fileOf(files, bundle.RecordsFile); err != nil {
		return c.amiss(err, "bundle-records", b.ID)
	}
	lines, err := v.Blob(ctx, file.SHA256)
	if err != nil {
		return c.amiss(err, "bundle-records", b.ID)
	}
	roll, err := m.ReadRoll(lines, lines.Size())
	if err == nil {
		return c.rows(ctx, v, b, p, roll)
	}
	if ctx.Err() != nil || errors.Is(err, store.ErrUnavailable) {
		return err
	}
	c.fault("bundle-records", b.ID, err.Error())
	return nil
}

// rowsAtOnce is how many records are looked up together.
const rowsAtOnce = 500

// line is a record, and where it stands.
type line struct {
	record bundle.Record
	at     int64
	size   int
}

// rows goes through the records as they were sealed.
func (c *checkup) rows(ctx context.Context, v *store.View, b store.Bundle, p *past, roll *bundle.Roll) error {
	_, replaced := p.latest["bundles.supersede"] // its rows went over, or are free for a successor
	inForce := slices.Contains([]bundle.State{bundle.Sealed, bundle.Pending, bundle.Signed, bundle.Minuted}, b.Status.State)
	lines := make([]line, 0, rowsAtOnce)
	position, at := 0, int64(0)
	for record, err := range roll.All() {
		if err != nil {
			return err
		}
		size := len(record.Append(nil)) // there is one way to write a record
		lines = append(lines, line{record, at, size})
		at += int64(size) + 1
		if len(lines) < rowsAtOnce && position+len(lines) < roll.Len() {
			continue
		}
		if err := c.lines(ctx, v, b, lines, position, inForce && !replaced); err != nil {
			return err
		}
		position += len(lines)
		lines = lines[:0]
	}
	return nil
}

// lines holds rows and results against the lines that begin at a position. claimed says
// that the results must still be the bundle's.
func (c *checkup) lines(ctx context.Context, v *store.View, b store.Bundle, lines []line, position int, claimed bool) error {
	rows := make([]store.Record, len(lines))
	ids := make([]string, 0, len(lines))
	for n, l := range lines {
		row, err := v.Record(ctx, l.record.ID)
		if err != nil {
			if err := c.amiss(err, "record-missing", l.record.ID); err != nil {
				return err
			}
			continue
		}
		if row.Bundle != b.ID || row.Position != position+n || row.LineAt != l.at || row.LineSize != l.size {
			c.fault("record-moved", l.record.ID, "")
		}
		rows[n], ids = row, append(ids, row.Result)
	}
	found, err := v.ResultsByID(ctx, ids)
	if err != nil {
		return err
	}
	results := make(map[string]*store.Result, len(found))
	for n := range found {
		r := &found[n]
		results[r.ID] = r
		for _, by := range [...]*string{&r.HealthConfirmedBy, &r.PoliceConfirmedBy} {
			if *by, err = c.nameOf(ctx, v, *by); err != nil {
				return err
			}
		}
	}
	for n, l := range lines {
		r := results[rows[n].Result]
		switch {
		case rows[n].ID == "": // said above
		case r == nil:
			c.fault("result-missing", rows[n].Result, "")
		case claimed && r.Bundle != b.ID:
			c.fault("result-free", r.ID, "")
		case r.Bundle == b.ID && !sealedAs(r, &l.record):
			c.fault("result-changed", r.ID, "")
		}
	}
	return nil
}

// nameOf is what an account is called, which nothing changes; empty where there is none.
func (c *checkup) nameOf(ctx context.Context, v *store.View, account string) (string, error) {
	name, known := c.names[account]
	if known || account == "" {
		return name, nil
	}
	a, err := v.Account(ctx, account)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	c.names[account] = a.Name
	return a.Name, nil
}

// sealedAs reports whether a result that a bundle claims, and that nothing may change, is
// still what its record says, the names of who confirmed it included.
func sealedAs(r *store.Result, record *bundle.Record) bool {
	again, err := bundle.NewRecord(r.Result)
	again.ID, again.Salt = record.ID, record.Salt
	return err == nil && again == *record
}

// verdict has our own verifier judge the files, as of the last signature, or of when they
// were raised.
func (c *checkup) verdict(ctx context.Context, b store.Bundle, files []store.File, p *past) error {
	judge := &verify.Verifier{Anchors: c.anchors, Revocation: certs.Offline{}, At: c.s.now()}
	signing, signed := p.signed()
	if signed {
		judge.At = signing.At
	}
	stored := &folder{ctx: ctx, view: c.s.store.Glance(), stored: files, spool: c.s.spool}
	report, err := stored.judge(judge, b.ID)
	var against string
	switch {
	case stored.unread != nil:
		return c.amiss(err, "bundle-verdict", b.ID)
	case err != nil:
		against = err.Error()
	default:
		against = objection(report, signed)
	}
	if against != "" && ctx.Err() == nil { // who gives up has not judged
		c.fault("bundle-verdict", b.ID, against)
	}
	return ctx.Err()
}

// objection is what stands against a bundle's files; empty where nothing does. Without a
// signature that is every rule that fails.
func objection(report *verify.Report, signed bool) string {
	failed := slices.IndexFunc(report.Checks, func(c verify.Check) bool { return c.Status == verify.Fail })
	switch {
	case failed >= 0:
		return fmt.Sprintf("%s, %s", report.Verdict, report.Checks[failed].ID)
	case signed && !dossier.Acceptable(report), !signed && report.Verdict != verify.NoSignature:
		return string(report.Verdict)
	}
	return ""
}
