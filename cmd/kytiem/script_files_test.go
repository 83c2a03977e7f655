package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"

	"kytiem/sample"
)

// picture writes a PNG with a line across it.
func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: picture FILE WIDTH HEIGHT")
	}
	width, err := strconv.Atoi(args[1])
	ts.Check(err)
	height, err := strconv.Atoi(args[2])
	ts.Check(err)
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for n := range min(width, height) {
		m.SetNRGBA(n, n, color.NRGBA{R: 200, A: 200})
	}
	var b bytes.Buffer
	ts.Check(png.Encode(&b, m))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

// sampleFile writes made-up results.
func sampleFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: sample FILE [ATTRIBUTE=VALUE…]")
	}
	o, format := sample.Options{Seed: 2021, Rows: 20}, "csv"
	for _, attribute := range args[1:] {
		key, value, _ := strings.Cut(attribute, "=")
		var err error
		switch key {
		case "rows":
			o.Rows, err = strconv.Atoi(value)
		case "format":
			format = value
		case "mix":
			o.Mix = sample.RealMix()
		case "bad":
			o.Mix.Bad, err = strconv.ParseFloat(value, 64)
		case "unit":
			o.Unit, _ = sample.Unit(value)
		default:
			err = fmt.Errorf("attribute %s", key)
		}
		ts.Check(err)
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	rows := sample.Rows(o)
	switch format {
	case "csv":
		err = sample.WriteCSV(f, rows, sample.CSVOptions{})
	case "excel":
		err = sample.WriteCSV(f, rows, sample.ExcelCSV())
	case "ndjson":
		err = sample.WriteNDJSON(f, rows)
	case "xlsx":
		err = sample.WriteXLSX(f, rows)
	default:
		err = fmt.Errorf("format %s", format)
	}
	ts.Check(err)
}

// province writes the sample units, Đồng Nai's.
func province(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: province FILE")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), sample.Units(), 0o600))
}

var runeMark = regexp.MustCompile(`\{U\+([0-9A-F]{2,6})(?:\*([0-9]+))?\}`)

// runes puts characters into a file that would be unreadable in a script.
func runes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: runes FILE")
	}
	text := runeMark.ReplaceAllStringFunc(ts.ReadFile(args[0]), func(mark string) string {
		parts := runeMark.FindStringSubmatch(mark)
		code, err := strconv.ParseInt(parts[1], 16, 32)
		ts.Check(err)
		times := 1
		if parts[2] != "" {
			times, err = strconv.Atoi(parts[2])
			ts.Check(err)
		}
		return strings.Repeat(string(rune(code)), times)
	})
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// bytesFile writes bytes that no text file could hold.
func bytesFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: bytes FILE 'GO STRING'")
	}
	content, err := strconv.Unquote(`"` + strings.ReplaceAll(args[1], `"`, `\"`) + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(content), 0o600))
}

// bomb writes an XLSX of half a megabyte whose sheet unfolds to 512 MB.
func bomb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: bomb FILE")
	}
	var book bytes.Buffer
	empty := excelize.NewFile()
	ts.Check(errors.Join(empty.Write(&book), empty.Close()))
	from, err := zip.NewReader(bytes.NewReader(book.Bytes()), int64(book.Len()))
	ts.Check(err)
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	into := zip.NewWriter(f)
	for _, part := range from.File {
		if !strings.HasPrefix(part.Name, "xl/worksheets/") {
			ts.Check(into.Copy(part))
			continue
		}
		header, content := unfolding(ts, 512)
		header.Name = part.Name
		w, err := into.CreateRaw(header)
		ts.Check(err)
		_, err = w.Write(content)
		ts.Check(err)
	}
	ts.Check(into.Close())
}

// unfolding is a compressed sheet of so many megabytes of blanks. One megabyte is
// compressed, and what that gives repeated.
func unfolding(ts *testscript.TestScript, megabytes int) (*zip.FileHeader, []byte) {
	const head, tail = `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`, `</sheetData></worksheet>`
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	deflated := func(part []byte) []byte {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.BestCompression)
		ts.Check(err)
		_, err = w.Write(part)
		ts.Check(errors.Join(err, w.Flush()))
		return b.Bytes()
	}
	var last bytes.Buffer
	w, err := flate.NewWriter(&last, flate.BestCompression)
	ts.Check(err)
	_, err = w.Write([]byte(tail))
	ts.Check(errors.Join(err, w.Close()))

	sum := crc32.ChecksumIEEE([]byte(head))
	for range megabytes {
		sum = crc32.Update(sum, crc32.IEEETable, blanks)
	}
	content := slices.Concat(deflated([]byte(head)), bytes.Repeat(deflated(blanks), megabytes), last.Bytes())
	return &zip.FileHeader{
		Method: zip.Deflate, CRC32: crc32.Update(sum, crc32.IEEETable, []byte(tail)),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(head) + megabytes<<20 + len(tail)),
	}, content
}

// flip changes one byte of a file.
func flip(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: flip FILE OFFSET")
	}
	offset, err := strconv.Atoi(args[1])
	ts.Check(err)
	content := []byte(ts.ReadFile(args[0]))
	if offset < 0 {
		offset += len(content)
	}
	content[offset] ^= 0x20
	// Not in place: a step may have linked the file into another directory.
	ts.Check(os.WriteFile(ts.MkAbs(args[0])+".flipped", content, 0o600))
	ts.Check(os.Rename(ts.MkAbs(args[0])+".flipped", ts.MkAbs(args[0])))
}

// jsonValue compares one value of a JSON text.
func jsonValue(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH WANT")
	}
	var value any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &value); err != nil {
		ts.Fatalf("%s is not one JSON value: %v", args[0], err)
	}
	for step := range strings.SplitSeq(args[1], ".") {
		value = descend(value, step)
	}
	if got := fmt.Sprint(value); got != args[2] {
		ts.Fatalf("%s is %s, want %s", args[1], got, args[2])
	}
}

// descend takes one step of a path; nil where it leads nowhere.
func descend(value any, step string) any {
	switch value := value.(type) {
	case map[string]any:
		if step == "len" {
			return len(value)
		}
		return value[step]
	case []any:
		if step == "len" {
			return len(value)
		}
		if i, err := strconv.Atoi(step); err == nil && i < len(value) {
			return value[i]
		}
	}
	return nil
}

// field keeps a member of one line of NDJSON in a variable of the script.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: field VARIABLE FILE LINE NAME")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	lines := strings.Split(ts.ReadFile(args[1]), "\n")
	var members map[string]any
	ts.Check(json.Unmarshal([]byte(lines[n-1]), &members))
	ts.Setenv(args[0], fmt.Sprint(members[args[3]]))
}

// counts asks how many rows a file of results has.
func counts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: counts FILE N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	content := ts.ReadFile(args[0])
	var got int
	switch {
	case strings.HasPrefix(content, "PK"):
		book, err := excelize.OpenReader(strings.NewReader(content))
		ts.Check(err)
		rows, err := book.GetRows(book.GetSheetName(0))
		ts.Check(errors.Join(err, book.Close()))
		got = len(rows) - 1
	case strings.HasPrefix(strings.TrimPrefix(content, "\ufeff"), "{"):
		got = strings.Count(content, "\n")
	default:
		in := csv.NewReader(strings.NewReader(content))
		if head, _, _ := strings.Cut(content, "\n"); strings.Contains(head, ";") {
			in.Comma = ';'
		}
		in.FieldsPerRecord, in.LazyQuotes = -1, true
		rows, err := in.ReadAll()
		ts.Check(err)
		got = len(rows) - 1
	}
	if got != want {
		ts.Fatalf("%s has %d rows, want %d", args[0], got, want)
	}
}

// ls compares the names in a directory.
func ls(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: ls DIR NAME…")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, entry := range entries {
		if entry.Name() != ".tmp" { // testscript's own
			got = append(got, entry.Name())
		}
	}
	if want := slices.Sorted(slices.Values(args[1:])); !slices.Equal(got, want) {
		ts.Fatalf("%s holds %v, want %v", args[0], got, want)
	}
}
