package attest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/pades"
	"kytiem/store"
)

// stampLine is a time-stamped head in an export: canonical JSON (RFC 8785) like the lines of
// entries, told from them by its first member.
type stampLine struct {
	At   string         `json:"at"` // RFC 3339 in UTC, as the token states it
	Seq  int64          `json:"seq"`
	TST  []byte         `json:"stamp"` // time-stamp token (RFC 3161), base64
	Sum  bundle.HexHash `json:"sum"`   // of the entry with that number, and what the token is over
	Form int            `json:"v"`
}

const stampLineStart = `{"at":`

// maxExportLine bounds a line of an export; the longest hold a token in base64.
const maxExportLine = max(audit.MaxLineBytes, 2*pades.MaxTimeStampBytes)

// ExportAudit writes the chain, one entry a line (see audit.Entry.AppendLine), and after it
// its time-stamped heads, one a line, so that it can be kept and checked elsewhere.
func (s *Service) ExportAudit(ctx context.Context, w io.Writer) error {
	out := bufio.NewWriterSize(w, 1<<16)
	err := s.store.Read(ctx, func(v *store.View) error {
		var room []byte
		for e, err := range v.AuditEntries(ctx, 0) {
			if err != nil {
				return err
			}
			room = append(e.AppendLine(room[:0]), '\n')
			if _, err := out.Write(room); err != nil {
				return err
			}
		}
		for st, err := range v.Stamps(ctx) {
			if err != nil {
				return err
			}
			line, err := bundle.Canonical(stampLine{At: st.At.UTC().Format(time.RFC3339Nano), Seq: st.Head.Seq, TST: st.Token,
				Sum: bundle.HexHash(st.Head.Sum), Form: audit.Version})
			if err != nil {
				return err
			}
			if _, err := out.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, out.Flush())
}

// CheckExport holds an export that was kept elsewhere against the chain: the export is
// sound, and the chain goes through where it ends. A database that was put back to an
// older state, or rewritten from there on, is found out by that and nothing else.
func (s *Service) CheckExport(ctx context.Context, export io.Reader) ([]Fault, error) {
	anchors, err := s.Trust(ctx)
	if err != nil {
		return nil, err
	}
	c := &checkup{s: s, anchors: anchors}
	x := &exported{c: c, in: bufio.NewReaderSize(export, maxExportLine)}
	ours, stop := iter.Pull2(entries(ctx, s.store.Glance(), 0))
	defer stop()
	_, err = audit.Check(audit.Head{}, audit.Head{}, x.entries(ours))
	var broken *audit.BrokenError
	switch {
	case x.fault != nil:
		return nil, x.fault
	case errors.Is(err, errExportLine):
		c.fault("export-malformed", strconv.Itoa(x.line), "")
	case err == nil || errors.Is(err, audit.ErrHead): // where it ends is for it to say
	case errors.As(err, &broken):
		c.fault("export-broken", strconv.FormatInt(broken.Seq, 10), "")
	default:
		return nil, err
	}
	if len(c.Faults) > 0 {
		return c.Faults, nil
	}
	return c.Faults, x.stamps(ctx)
}

// errExportLine is a line that no export has.
var errExportLine = errors.New("not a line of an export")

// exported is an export while it is read.
type exported struct {
	c     *checkup
	in    *bufio.Reader
	line  int    // that was read last
	stamp []byte // the first line that is none of an entry
	fault error  // of reading ours
}

// read gives the next line, nil at the end. A line without an end was cut off.
func (x *exported) read() ([]byte, error) {
	line, err := x.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(line) == 0:
		return nil, nil
	case errors.Is(err, io.EOF) || errors.Is(err, bufio.ErrBufferFull):
		err = errExportLine
	}
	x.line++
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// entries are those of the export, each held against ours.
func (x *exported) entries(ours func() (audit.Entry, error, bool)) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		var head int64
		differs := false
		for {
			line, err := x.read()
			if err == nil && line == nil && x.line == 0 {
				err = errExportLine // an export of nothing would go with every chain
			}
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			if line == nil || bytes.HasPrefix(line, []byte(stampLineStart)) {
				x.stamp = bytes.Clone(line)
				return
			}
			e, err := audit.ParseLine(line)
			if err != nil {
				err = fmt.Errorf("%w: %w", errExportLine, err)
			}
			if !yield(e, err) || err != nil {
				return
			}
			if differs {
				continue
			}
			our, err, there := ours()
			switch {
			case err != nil:
				x.fault = err
				return
			case !there:
				differs = true
				x.c.fault("chain-shorter", strconv.FormatInt(head, 10), "")
			case our.Seq != e.Seq || our.Sum != e.Sum:
				differs = true
				x.c.fault("chain-other", strconv.FormatInt(e.Seq, 10), "")
			}
			head = our.Seq
		}
	}
}

// stamps judges the export's stamps, which stand over entries that are ours too by now.
func (x *exported) stamps(ctx context.Context) error {
	v := x.c.s.store.Glance()
	for line := x.stamp; line != nil; {
		st, err := parseStamp(line)
		if err == nil {
			err = x.judge(ctx, v, st)
		}
		if err == nil {
			line, err = x.read()
		}
		if errors.Is(err, errExportLine) {
			x.c.fault("export-malformed", strconv.Itoa(x.line), "")
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseStamp(line []byte) (store.Stamp, error) {
	var l stampLine
	err := bundle.ParseCanonical(line, &l)
	at, timeErr := time.Parse(time.RFC3339Nano, l.At)
	if err != nil || timeErr != nil || l.Form != audit.Version {
		return store.Stamp{}, errExportLine
	}
	return store.Stamp{Head: audit.Head{Seq: l.Seq, Sum: audit.Hash(l.Sum)}, Token: l.TST, At: at}, nil
}

func (x *exported) judge(ctx context.Context, v *store.View, st store.Stamp) error {
	number := strconv.FormatInt(st.Head.Seq, 10)
	e, err := v.AuditEntry(ctx, st.Head.Seq)
	if err == nil && e.Sum != st.Head.Sum {
		err = store.ErrCorrupt
	}
	if code, why := judgeStamp(ctx, st, x.c.anchors); code != "" {
		x.c.fault(code, number, why.Error())
	}
	return x.c.amiss(err, "stamp-elsewhere", number)
}
