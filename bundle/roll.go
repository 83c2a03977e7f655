package bundle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Roll is a bundle's records.ndjson, read through once: every line parsed, every
// leaf derived, the order of the leaves checked. Records themselves stay where
// they are and are read again one at a time, so that a roll of a million records
// costs 40 MB.
type Roll struct {
	source  io.ReaderAt
	offsets []int64 // of each line, and of the end
	leaves  []Hash
	counts  Counts
	period  Period
	unit    string
}

// RollError says which line of records.ndjson is wrong.
type RollError struct {
	Line int // from 1
	Err  error
}

func (e *RollError) Error() string { return fmt.Sprintf("records.ndjson line %d: %v", e.Line, e.Err) }

// Unwrap gives what is wrong with the line.
func (e *RollError) Unwrap() error { return e.Err }

// ReadRoll reads size bytes of source, the content of a records.ndjson, up to
// [MaxRecords] records.
func ReadRoll(source io.ReaderAt, size int64) (*Roll, error) {
	return readRoll(source, size, MaxRecords)
}

// ReadRoll reads the records that the manifest is about and compares them with it.
// No more are read than it states: what is too long is not theirs.
func (m *Manifest) ReadRoll(source io.ReaderAt, size int64) (*Roll, error) {
	roll, err := readRoll(source, size, m.Size)
	if err != nil {
		return nil, err
	}
	return roll, roll.Agree(m)
}

func readRoll(source io.ReaderAt, size int64, most int) (*Roll, error) {
	roll := &Roll{source: source, offsets: []int64{0}}
	var tally Tally
	for line, err := range lines(source, size) {
		if err == nil && roll.Len() == most {
			err = fmt.Errorf("more than %d records: %w", most, ErrTooLarge)
		}
		if err == nil {
			err = roll.add(line, &tally)
		}
		if err != nil {
			return nil, &RollError{roll.Len() + 1, err}
		}
	}
	roll.counts, roll.period = tally.Counts(), tally.Period()
	return roll, nil
}

// lines walks the lines of a records.ndjson, without their line ends. A line is
// there until the next one is asked for; after an error there is none.
func lines(source io.ReaderAt, size int64) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		in := bufio.NewReaderSize(io.NewSectionReader(source, 0, size), 4*MaxRecordBytes)
		for {
			line, err := in.ReadSlice('\n')
			switch {
			case errors.Is(err, io.EOF) && len(line) == 0:
				return
			case errors.Is(err, bufio.ErrBufferFull):
				err = ErrTooLarge
			case errors.Is(err, io.EOF): // the last line, too, ends in a line feed
				err = ErrNotCanonical
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(line[:len(line)-1], nil) {
				return
			}
		}
	}
}

func (r *Roll) add(line []byte, tally *Tally) error {
	record, err := ParseRecord(line)
	if err != nil {
		return err
	}
	leaf := record.Leaf()
	if n := len(r.leaves); n > 0 && bytes.Compare(r.leaves[n-1][:], leaf[:]) >= 0 {
		return fmt.Errorf("leaf out of order: %w", ErrNotCanonical)
	}
	if r.unit != "" && record.Unit != r.unit {
		return fmt.Errorf("record of another unit: %w", ErrMalformed)
	}
	r.unit = record.Unit
	r.leaves = append(r.leaves, leaf)
	r.offsets = append(r.offsets, r.end()+int64(len(line))+1)
	tally.Add(&record)
	return nil
}

// end is where the last line that was read ends.
func (r *Roll) end() int64 { return r.offsets[len(r.offsets)-1] }

// Len is the number of records.
func (r *Roll) Len() int { return len(r.leaves) }

// Leaves are the leaf hashes in their order; the caller does not change them.
func (r *Roll) Leaves() []Hash { return r.leaves }

// At reads record number i, from 0.
func (r *Roll) At(i int) (Record, error) {
	line := make([]byte, r.offsets[i+1]-r.offsets[i]-1)
	if _, err := r.source.ReadAt(line, r.offsets[i]); err != nil {
		return Record{}, &RollError{i + 1, err}
	}
	record, err := ParseRecord(line)
	if err != nil {
		return Record{}, &RollError{i + 1, err}
	}
	return record, nil
}

// All walks the records in their order, much faster than [Roll.At] for each. It
// ends with the last record, or with the first error, which is a [*RollError].
func (r *Roll) All() iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		i := 0
		for line, err := range lines(r.source, r.end()) {
			var record Record
			switch {
			case err != nil:
			case int64(len(line))+1 != r.offsets[i+1]-r.offsets[i]: // and so never more lines than there were
				err = errChanged
			default:
				record, err = ParseRecord(line)
			}
			i++
			if err != nil {
				yield(Record{}, &RollError{i, err})
				return
			}
			if !yield(record, nil) {
				return
			}
		}
		if i < r.Len() {
			yield(Record{}, &RollError{i + 1, errChanged})
		}
	}
}

// errChanged is a file that is no longer the one that was read.
var errChanged = fmt.Errorf("changed since it was read: %w", ErrMalformed)

// Find looks for the record with this id and gives its number.
func (r *Roll) Find(id string) (int, Record, error) {
	i := 0
	for record, err := range r.All() {
		if err != nil {
			return 0, Record{}, err
		}
		if record.ID == id {
			return i, record, nil
		}
		i++
	}
	return 0, Record{}, fmt.Errorf("record %q: %w", id, ErrNoRecord)
}

// Agree compares what the manifest states about the records with the records.
// The error says what differs.
func (r *Roll) Agree(m *Manifest) error {
	root, err := Root(r.leaves)
	switch {
	case err != nil:
		return err
	case r.Len() != m.Size:
		return fmt.Errorf("%d records, the manifest states %d: %w", r.Len(), m.Size, ErrMalformed)
	case HexHash(root) != m.Root:
		return fmt.Errorf("root %s, the manifest states %s: %w", HexHash(root), m.Root, ErrMalformed)
	case r.counts != m.Counts:
		return fmt.Errorf("counts %+v, the manifest states %+v: %w", r.counts, m.Counts, ErrMalformed)
	case r.period != m.Period:
		return fmt.Errorf("vaccination dates, the manifest states others: %w", ErrMalformed)
	case r.unit != m.Unit.Code:
		return fmt.Errorf("records of unit %s, the manifest states %s: %w", r.unit, m.Unit.Code, ErrMalformed)
	}
	return nil
}

// Counts and period of the records.
func (r *Roll) Counts() Counts { return r.counts }

// Period is the span of the vaccination dates.
func (r *Roll) Period() Period { return r.period }
