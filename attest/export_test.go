package attest

import (
	"context"
	"time"
)

// WorkFor is Work with other graces.
func (s *Service) WorkFor(ctx context.Context, end, cut time.Duration) error {
	return s.workUntil(ctx, end, cut)
}
