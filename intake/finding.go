package intake

import (
	"fmt"
	"strconv"
	"strings"
)

// Finding is one thing that is wrong or odd, in words for the person who has to
// mend it. It never quotes what a cell holds, so it may be logged and mailed.
type Finding struct {
	Line    int    `json:"line,omitempty"`   // 0: the file as a whole
	Column  string `json:"column,omitempty"` // name by contract; empty: the row as a whole
	Code    string `json:"code"`             // stable, snake_case
	Warning bool   `json:"warning,omitempty"`
	VI      string `json:"vi"` // one sentence each: what is wrong, how to mend it
	EN      string `json:"en"`
}

// String writes the finding for a Vietnamese reader:
// "dòng 12, cột id_number [lost_leading_zero]: …".
func (f Finding) String() string {
	var b strings.Builder
	if f.Line > 0 {
		b.WriteString("dòng " + strconv.Itoa(f.Line))
	} else {
		b.WriteString("tệp")
	}
	if f.Column != "" {
		b.WriteString(", cột " + f.Column)
	}
	if f.Warning {
		b.WriteString(", cảnh báo")
	}
	b.WriteString(" [" + f.Code + "]: " + f.VI)
	return b.String()
}

// finding makes a finding out of the catalogue's sentences. args fill the
// sentences' verbs; they are numbers, code points and column names, never values.
func finding(line int, c column, code string, args ...any) Finding {
	s := catalogue()[code]
	f := Finding{Line: line, Code: code, Warning: s.warning, VI: s.vi, EN: s.en}
	if c >= 0 {
		f.Column = columnNames[c]
	}
	if len(args) > 0 {
		f.VI, f.EN = fmt.Sprintf(s.vi, args...), fmt.Sprintf(s.en, args...)
	}
	return f
}

// FileError says why a file cannot be read as results or as units.
type FileError struct {
	Finding
	Err error // what lies beneath, or nil
}

// Error gives the English sentence, with the code.
func (e *FileError) Error() string {
	place := ""
	if e.Line > 0 {
		place = " line " + strconv.Itoa(e.Line)
	}
	if e.Column != "" {
		place += " column " + e.Column
	}
	return "reading file" + place + ": " + e.EN + " [" + e.Code + "]"
}

// Unwrap gives what lies beneath.
func (e *FileError) Unwrap() error { return e.Err }

func fileError(code string, args ...any) *FileError {
	return &FileError{Finding: finding(0, wholeRow, code, args...)}
}
