package attest

import (
	"context"
	"time"
)

// WorkFor is Work with other graces.
func (s *Service) WorkFor(ctx context.Context, end, cut time.Duration) error {
	return s.workUntil(ctx, end, cut)
}

// CauseOf is the code of what kept signatures from being raised.
func CauseOf(err error) string { return causeOf(err) }
