package bundle

import (
	"fmt"
	"strings"
)

// The files of a bundle directory. Beside them it may hold annex files, see
// [AnnexName], and scans of the signed minutes, see [IsScan].
const (
	RecordsFile   = "records.ndjson"
	ManifestFile  = "manifest.json"
	DocumentFile  = "document.json"
	SignatureFile = "manifest.p7s"
	PagesFile     = "bundle.pdf"
	MinutesFile   = "minutes.pdf"
)

// AnnexName is the name of annex file number n, from 1.
func AnnexName(n int) string { return fmt.Sprintf("annex-%02d.pdf", n) }

// IsScan reports whether a file of this name is a scan of the signed minutes.
func IsScan(name string) bool { return strings.HasPrefix(name, "scan.") && len(name) > len("scan.") }
