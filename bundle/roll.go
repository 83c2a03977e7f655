package bundle

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Roll is a bundle's records.ndjson, read through once: every line parsed, every
// leaf derived, the order of the leaves checked. Records themselves stay where
// they are and are read again one at a time, so that a roll of a million records
// costs 40 MB.
type Roll struct {
	source  io.ReaderAt
	offsets []int64 // of each line, and of the end
	leaves  []Hash
	tally   Tally
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

// ReadRoll reads size bytes of source, the content of a records.ndjson.
func ReadRoll(source io.ReaderAt, size int64) (*Roll, error) {
	roll := &Roll{source: source, offsets: []int64{0}}
	in := bufio.NewReaderSize(io.NewSectionReader(source, 0, size), MaxRecordBytes+1)
	for line := 1; ; line++ {
		text, err := in.ReadSlice('\n')
		switch {
		case errors.Is(err, io.EOF) && len(text) == 0:
			return roll, nil
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, &RollError{line, ErrTooLarge}
		case errors.Is(err, io.EOF): // the last line, too, ends in a line feed
			return nil, &RollError{line, ErrNotCanonical}
		case err != nil:
			return nil, &RollError{line, err}
		}
		if err := roll.add(text); err != nil {
			return nil, &RollError{line, err}
		}
	}
}

func (r *Roll) add(line []byte) error {
	record, err := ParseRecord(line[:len(line)-1])
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
	r.offsets = append(r.offsets, r.offsets[len(r.offsets)-1]+int64(len(line)))
	r.tally.Add(&record)
	return nil
}

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

// Find looks for the record with this id and gives its number.
func (r *Roll) Find(id string) (int, Record, error) {
	for i := range r.leaves {
		record, err := r.At(i)
		if err != nil {
			return 0, Record{}, err
		}
		if record.ID == id {
			return i, record, nil
		}
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
	case r.tally.Counts() != m.Counts:
		return fmt.Errorf("counts %+v, the manifest states %+v: %w", r.tally.Counts(), m.Counts, ErrMalformed)
	case r.tally.Period() != m.Period:
		return fmt.Errorf("vaccination dates, the manifest states others: %w", ErrMalformed)
	case r.unit != m.Unit.Code:
		return fmt.Errorf("records of unit %s, the manifest states %s: %w", r.unit, m.Unit.Code, ErrMalformed)
	}
	return nil
}

// Counts and period of the records.
func (r *Roll) Counts() Counts { return r.tally.Counts() }

// Period is the span of the vaccination dates.
func (r *Roll) Period() Period { return r.tally.Period() }
