package intake

import (
	"bytes"
	"unicode/utf8"
)

// form is a kind of file that can hold results.
type form uint8

const (
	csvForm form = iota
	ndjsonForm
	workbookForm
)

// byteOrderMark is U+FEFF in UTF-8, which Excel writes in front of CSV.
var byteOrderMark = []byte("\xEF\xBB\xBF")

// signatures are the first bytes of files that people send by mistake; the codes
// are of the catalogue. The name of a file says nothing.
var signatures = [...]struct{ prefix, code string }{
	{"%PDF-", "file_pdf"},
	{"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "file_xls"}, // OLE2: .xls, or an .xlsx with a password
	{"\x1F\x8B", "file_archive"},
	{"7z\xBC\xAF\x27\x1C", "file_archive"},
	{"Rar!", "file_archive"},
	{"\x89PNG", "file_picture"},
	{"\xFF\xD8\xFF", "file_picture"},
	{"GIF8", "file_picture"},
	{"\xFF\xFE", "file_utf16"},
	{"\xFE\xFF", "file_utf16"},
}

// encryptedPackage is the name of the stream in which Office keeps a workbook with
// a password ([MS-OFFCRYPTO], 2.3), in UTF-16LE.
var encryptedPackage = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")

// sniff tells the form of a file by its first bytes, or what the file is instead.
func sniff(head []byte) (form, error) {
	for _, s := range signatures {
		if bytes.HasPrefix(head, []byte(s.prefix)) {
			if s.code == "file_xls" && bytes.Contains(head, encryptedPackage) {
				return 0, fileError("file_password")
			}
			return 0, fileError(s.code)
		}
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06")) {
		return workbookForm, nil
	}
	if code := sniffNUL(head); code != "" {
		return 0, fileError(code)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, byteOrderMark), " \t\r\n")
	if len(text) == 0 {
		return 0, fileError("file_empty")
	}
	start := bytes.ToLower(text[:min(len(text), 16)])
	switch {
	case bytes.HasPrefix(start, []byte("<?xml")):
		return 0, fileError("file_xml")
	case start[0] == '<':
		return 0, fileError("file_html")
	case start[0] == '[':
		return 0, fileError("file_json_array")
	}
	if code := sniffEncoding(head); code != "" {
		return 0, fileError(code)
	}
	if start[0] == '{' {
		return ndjsonForm, nil
	}
	return csvForm, nil
}

// sniffNUL tells UTF-16 without a byte order mark, where every second byte of
// Latin text is 0 and hardly one of the others, from a file that is no text.
func sniffNUL(head []byte) string {
	zeros := [2]int{}
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	all, more, fewer := zeros[0]+zeros[1], max(zeros[0], zeros[1]), min(zeros[0], zeros[1])
	switch {
	case all == 0:
		return ""
	case all < len(head) && more > len(head)/4 && fewer <= len(head)/100:
		return "file_utf16"
	case all > len(head)/100:
		return "file_binary"
	}
	return "" // a stray NUL is a fault of its row
}

// sniffEncoding returns the code for text that is not UTF-8, or nothing. A single
// broken line does not condemn a file, it is a fault of its row; a broken header
// does, and more broken lines than sound ones among those that are not ASCII.
func sniffEncoding(head []byte) string {
	if utf8.Valid(head) {
		return ""
	}
	header, _, _ := bytes.Cut(head, []byte("\n"))
	broken, sound := 0, 0
	for line := range bytes.Lines(head) {
		switch {
		case len(head) >= MaxLineBytes && !bytes.HasSuffix(line, []byte("\n")):
			// Cut off by the end of head, perhaps amid a letter.
		case !utf8.Valid(line):
			broken++
		case !isASCII(line):
			sound++
		}
	}
	if utf8.Valid(header) && broken <= sound {
		return ""
	}
	return legacyEncoding(head)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
