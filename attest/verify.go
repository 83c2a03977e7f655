package attest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"kytiem/bundle"
	"kytiem/store"
	"kytiem/verify"
)

// Submission is something to be verified: a signed PDF, a detached signature with its
// content or the SHA-256 of that, or a proof.
type Submission struct {
	Name    string
	File    []byte
	Content []byte          // of a detached signature; nil where there is none
	SHA256  *bundle.HexHash // of the content, where that stays with who asks
	Full    bool            // the report is to hold the evidence, too
	At      time.Time       // the time to be judged at; zero is now

	// Password is that of an encrypted PDF; empty is none. Signatures over a whole file need
	// none; what follows others, names and texts are read with it (R-M10).
	Password string
}

// Verify judges a submission, for anybody, and says of our own bundles where they
// stand. What is no document at all is an error (ErrUnreadable); a bad document is a
// verdict. Nothing is kept.
func (s *Service) Verify(ctx context.Context, in Submission) (*verify.Report, error) {
	if max(len(in.File), len(in.Content)) > verify.MaxDocumentBytes {
		return nil, fmt.Errorf("document of %d bytes: %w", max(len(in.File), len(in.Content)), ErrTooLarge)
	}
	if in.Password != "" && verify.WrongPassword(in.File, in.Password) {
		return nil, ErrPassword
	}
	v, err := s.judge(ctx)
	if err != nil {
		return nil, err
	}
	v.Full, v.Password = in.Full, in.Password
	if !in.At.IsZero() {
		v.At = in.At
	}
	report, err := judge(ctx, v, in)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return report, s.place(ctx, report)
}

// judge finds out from its content what came.
func judge(ctx context.Context, v *verify.Verifier, in Submission) (*verify.Report, error) {
	switch {
	case in.SHA256 != nil:
		return v.DetachedDigest(ctx, in.Name, in.File, *in.SHA256)
	case verify.IsPDF(in.File):
		return v.PDF(ctx, in.Name, in.File), nil
	case bytes.HasPrefix(in.File, []byte(`{"digests":`)):
		return v.Proof(ctx, in.Name, in.File), nil
	}
	return v.Detached(ctx, in.Name, in.File, in.Content)
}

// place says of a bundle whether it is ours, and where it stands. One with our id and
// another root is somebody's invention, and stays unknown.
func (s *Service) place(ctx context.Context, report *verify.Report) error {
	if report.Bundle == nil {
		return nil
	}
	b, err := s.store.Glance().Bundle(ctx, report.Bundle.ID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	ours := err == nil && b.Root.String() == report.Bundle.Root
	report.Bundle.Ours = &ours
	if ours {
		report.Bundle.Status = statusOf(b)
	}
	return nil
}

// SignedReport is a report as the service signed it: the word of this service on what it
// found, at the validation time that the report names.
type SignedReport struct {
	Statement []byte // the report as [verify.Report.JSON] writes it
	Signature []byte // CAdES over Statement, detached
}

// SignReport signs a report with the service's own key; without one it is ErrNoKey. Only
// what the service itself has found is to be given to it.
func (s *Service) SignReport(ctx context.Context, report *verify.Report) (SignedReport, error) {
	if s.o.Statements == nil {
		return SignedReport{}, ErrNoKey
	}
	statement, err := report.JSON()
	if err != nil {
		return SignedReport{}, err
	}
	signature, err := s.sign(ctx, "report "+report.Document.SHA256, statement)
	return SignedReport{statement, signature}, err
}

// SignedRevision finds the document as it was signed in one that goes on behind a
// signature, by the SHA-256 that the report on it gives; ErrNoRevision if no signature
// covers such a revision.
func SignedRevision(file []byte, sum bundle.HexHash) ([]byte, error) {
	revision, err := verify.Revision(file, sum)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	case revision == nil:
		return nil, fmt.Errorf("revision %s: %w", sum, ErrNoRevision)
	}
	return revision, nil
}
