package intake

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// Limits of a workbook, whose parts are compressed: a small file must not unfold
// into all the memory there is. Sheets of results shrink to a tenth or a
// twentieth; 100 is the ratio at which Apache POI, too, speaks of a bomb.
const (
	maxUnzipped  = 256 << 20 // about 300,000 rows
	maxRatio     = 100
	ratioApplies = 1 << 20 // smaller parts may be as regular as they like
	maxParts     = 10_000
)

// checkZip refuses what is no workbook and what unfolds too far. The sizes it goes
// by are those that the archive declares; archive/zip itself takes more bytes than
// declared for an error.
func checkZip(data []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return &FileError{fileError("file_workbook_broken").Finding, err}
	}
	code := "file_archive"
	total := uint64(0)
	if len(archive.File) > maxParts {
		return fileError("file_zip_bomb")
	}
	for _, part := range archive.File {
		size := part.UncompressedSize64
		total += size
		if size > maxUnzipped || total > maxUnzipped ||
			size > ratioApplies && size/maxRatio > part.CompressedSize64 {
			return fileError("file_zip_bomb")
		}
		switch name := strings.ToLower(part.Name); {
		case name == "xl/workbook.xml":
			code = ""
		case name == "xl/workbook.bin" && code != "":
			code = "file_xlsb"
		case name == "content.xml" && code != "":
			code = "file_ods"
		case name == "word/document.xml" && code != "":
			code = "file_word"
		}
	}
	if code != "" {
		return fileError(code)
	}
	for _, part := range archive.File {
		if !strings.HasPrefix(strings.ToLower(part.Name), "xl/worksheets/") || !strings.HasSuffix(part.Name, ".xml") {
			continue
		}
		if err := checkXML(part); err != nil {
			return &FileError{fileError("file_workbook_broken").Finding, err}
		}
	}
	return nil
}

// checkXML reads a part to its end. excelize takes broken XML for the end of the
// sheet: without this, the rows behind the break would be lost without a word.
func checkXML(part *zip.File) error {
	content, err := part.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	decoder := xml.NewDecoder(content)
	for {
		if _, err := decoder.Token(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
	}
}
