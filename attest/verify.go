package attest

import (
	"bytes"
	"context"
	"errors"
	"fmt"

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
}

// Verify judges a submission, for anybody, and says of our own bundles where they
// stand. What is no document at all is an error (ErrUnreadable); a bad document is a
// verdict. Nothing is kept.
func (s *Service) Verify(ctx context.Context, in Submission) (*verify.Report, error) {
	if max(len(in.File), len(in.Content)) > verify.MaxDocumentBytes {
		return nil, fmt.Errorf("document of %d bytes: %w", max(len(in.File), len(in.Content)), ErrTooLarge)
	}
	verifier, err := s.judge(ctx)
	if err != nil {
		return nil, err
	}
	report, err := judge(ctx, verifier, in)
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
	case bytes.Contains(in.File[:min(len(in.File), 1024)], []byte("%PDF-")): // ISO 32000-1, Annex H.3, note 13
		return v.PDF(ctx, in.Name, in.File), nil
	case bytes.HasPrefix(in.File, []byte(`{"digests":`)):
		return v.Proof(ctx, in.Name, in.File), nil
	}
	return v.Detached(ctx, in.Name, in.File, in.Content)
}

// place says of a bundle of ours where it stands. One with our id and another root is
// somebody's invention, and stays unknown.
func (s *Service) place(ctx context.Context, report *verify.Report) error {
	if report.Bundle == nil {
		return nil
	}
	b, err := s.store.Glance().Bundle(ctx, report.Bundle.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil && b.Root.String() == report.Bundle.Root {
		report.Bundle.Status = statusOf(b)
	}
	return err
}
