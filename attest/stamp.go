package attest

import (
	"context"
	"errors"
	"fmt"

	"kytiem/audit"
	"kytiem/signer"
	"kytiem/store"
)

// StampAudit has the head of the chain time-stamped, unless the last stamp is of the
// same head. Of several servers that do it at once one keeps its token, and that is well for
// all. No act is noted: the stamp itself would never be of the head then.
func (s *Service) StampAudit(ctx context.Context) error {
	if s.o.Timestamper == nil {
		return nil
	}
	var head audit.Head
	var last store.Stamp
	err := s.store.Read(ctx, func(v *store.View) (err error) {
		if head, err = v.AuditHead(ctx); err == nil {
			last, err = v.LastStamp(ctx)
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if last.Head == head { // the zero head, too, where nothing was done yet
		return nil
	}
	token, at, err := s.o.Timestamper.Timestamp(ctx, head.Sum)
	if err != nil {
		return fmt.Errorf("time-stamping audit entry %d: %w", head.Seq, err)
	}
	anchors, err := s.Trust(ctx)
	if err != nil {
		return err
	}
	if _, err := signer.CheckTimestamp(ctx, token, head.Sum, anchors, nil); err != nil { // as whoever checks later does
		return fmt.Errorf("judging the time-stamp of audit entry %d: %w", head.Seq, err)
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error { return tx.AddStamp(ctx, store.Stamp{Head: head, Token: token, At: at}) })
	if errors.Is(err, store.ErrConflict) { // another server was first
		return nil
	}
	return err
}
