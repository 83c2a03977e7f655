package attest

import (
	"context"
)

// Work runs the service's jobs until ctx is done: requests that expire, bundles that
// are drawn later, the daily time-stamp of the audit chain, keys that are forgotten.
// Every job decides by the state it finds, so that running twice does nothing twice.
func (s *Service) Work(ctx context.Context) error { return ErrNotFound }
