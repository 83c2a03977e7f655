package pades

import "fmt"

// FormatError says that a file breaks a rule of the format, or one that
// withstands a published attack on it. Its verdict is TOTAL_FAILED with
// FORMAT_FAILURE (ETSI EN 319 102-1, 5.2.2).
type FormatError struct {
	// Rule is the identifier of the rule, as "R-B3".
	Rule string
	// Offset is the byte of the file where it was found broken, or of the
	// decoded object stream for what stands inside one.
	Offset int64
	// Reason says what was found, without anything of the content.
	Reason string
	// Doubtful says that honest programs break the rule, too: somebody has to look, and
	// the verdict is INDETERMINATE.
	Doubtful bool
}

// The rules of reading a file; those of signatures (R-B1 to R-B7) stand beside
// their checks.
const (
	ruleStructure = "R-P1" // tokens, cross-reference sections and their chain
	ruleRevision  = "R-P2" // a revision ends with the startxref of its section
	ruleObject    = "R-P3" // objects stand where their section says
	ruleDuplicate = "R-P4" // one definition of an object in a revision
	ruleBytes     = "R-P5" // every appended byte is accounted for
	ruleViews     = "R-P6" // no two readers see two documents
	ruleTrailer   = "R-P7" // the trailer goes on
	ruleHeader    = "R-P8" // the file says that it is a PDF
	ruleLimit     = "R-P9" // limits
	ruleField     = "R-B8" // signature fields of every revision, not only of the last
)

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s at %d: %s", e.Rule, e.Offset, e.Reason)
}

func doubtful(rule string, offset int64, reason string) error {
	return &FormatError{Rule: rule, Offset: offset, Reason: reason, Doubtful: true}
}

func broken(rule string, offset int64, format string, args ...any) error {
	return &FormatError{Rule: rule, Offset: offset, Reason: fmt.Sprintf(format, args...)}
}
