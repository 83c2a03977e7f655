package intake

import "bufio"

// csvResults are the results in a CSV file.
type csvResults struct {
	csvReader
	heading *heading
}

func openCSV(in *bufio.Reader, o Options) (source, layout, error) {
	s := &csvResults{csvReader: csvReader{lines: lines{in: in, line: 1}}}
	l := layout{form: csvForm, bom: passByteOrderMark(in)}
	header, err := s.readHeader(recognised)
	if err != nil {
		return nil, l, err
	}
	if s.heading, err = newHeading(header, o.IgnoreExtra); err != nil {
		return nil, l, err
	}
	l.separator, l.header = s.separator, s.heading.header
	return s, l, nil
}

func (s *csvResults) next(rec *record) error {
	for {
		row, err := s.read()
		if err != nil {
			return err
		}
		*rec = record{line: row.line}
		if row.fault != "" {
			if row.cells != nil && s.heading.noted {
				row.cells, _ = s.heading.withoutNotes(row.cells)
			}
			rec.original = row.cells
			rec.reject(row.fault)
			return nil
		}
		cells := len(row.cells)
		if !s.heading.record(rec, row.cells) {
			continue
		}
		if cells < len(s.heading.columns) && len(rec.findings) == 0 {
			rec.reject("too_few_cells", len(s.heading.header))
		}
		return nil
	}
}

// Close has nothing to do.
func (s *csvResults) Close() error { return nil }
