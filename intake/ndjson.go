package intake

import (
	"bufio"
	"bytes"
	"strings"
)

// ndjsonResults are the results in a file with one JSON object per line.
type ndjsonResults struct {
	lines
	ignoreExtra bool
	columns     map[string]column // of member names met so far
	met         [columnCount]int  // the line in which each column was met last: twice in one line is a fault
}

// maxNames bounds the member names that are remembered: a file in which every
// object has other names must not fill the memory.
const maxNames = 256

func openNDJSON(in *bufio.Reader, o Options) (source, layout, error) {
	l := layout{form: ndjsonForm, bom: passByteOrderMark(in)}
	s := &ndjsonResults{lines: lines{in: in, line: 1}, ignoreExtra: o.IgnoreExtra, columns: make(map[string]column)}
	ahead, err := s.window()
	if err != nil {
		return nil, l, err
	}
	first, _, _ := bytes.Cut(bytes.TrimLeft(ahead, " \t\r\n"), []byte("\n"))
	if string(bytes.TrimSpace(first)) == "{" { // one object over many lines
		return nil, l, fileError("file_json_lines")
	}
	return s, l, nil
}

func (s *ndjsonResults) next(rec *record) error {
	for {
		ahead, err := s.window()
		if err != nil {
			return err
		}
		*rec = record{line: s.line}
		end := bytes.IndexByte(ahead, '\n')
		if end < 0 && len(ahead) > MaxLineBytes {
			rec.reject("line_too_long")
			return s.passLine()
		}
		if end < 0 {
			end = len(ahead)
		}
		line := strings.Trim(string(ahead[:end]), " \t\r")
		s.pass(min(end+1, len(ahead)), 1)
		if line != "" {
			s.record(rec, line)
			return nil
		}
	}
}

// record takes the members of the object in line. What is no object stays whole, as
// the only original cell.
func (s *ndjsonResults) record(rec *record, line string) {
	rec.source = line
	members := make([]member, 0, 20)
	members, ok := readObject(line, members)
	if !ok {
		rec.original = []string{line}
		rec.reject("bad_json")
		return
	}
	rec.original = make([]string, 0, len(members))
	for _, m := range members {
		c := s.column(m.name)
		if c == errorNote {
			continue
		}
		rec.original = append(rec.original, m.text)
		switch {
		case c == extra && m.name == unreadMember:
			rec.reject("empty_row")
		case c == extra:
			if !s.ignoreExtra {
				rec.find(wholeRow, "member_unknown", quoteName(m.name))
			}
		case s.met[c] == rec.line:
			rec.find(c, "member_double")
		case m.nested:
			rec.find(c, "member_nested")
		default:
			rec.values[c] = m.text
		}
		if c >= 0 {
			s.met[c] = rec.line
		}
	}
	if allBlank(rec.original) && len(rec.findings) == 0 {
		rec.reject("empty_row")
	}
}

func (s *ndjsonResults) column(name string) column {
	c, met := s.columns[name]
	if !met {
		c = namedColumn(name)
		if len(s.columns) < maxNames {
			s.columns[name] = c
		}
	}
	return c
}

// Close has nothing to do.
func (s *ndjsonResults) Close() error { return nil }
