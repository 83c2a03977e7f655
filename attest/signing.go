package attest

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/pades"
	"kytiem/signer"
	"kytiem/store"
)

// Carriers are where a key can live, as a signing request names it. Only CarrierAPI is
// served so far.
const (
	CarrierAPI   = "api"
	CarrierAgent = "agent"
	CarrierCSC   = "csc"
)

// MaxBundles bounds one signing request.
const MaxBundles = 100

// SigningOrder asks for a signing request.
type SigningOrder struct {
	Bundles      []string
	Carrier      string
	Certificates []*x509.Certificate // of the head or of the organisation, leaf first
	PSS          bool
	Algorithm    pades.Algorithm // empty: what key and PSS say
	Picture      []byte          // PNG of the handwritten signature or the seal; nil: none

	// What the documents bear, which is the head's to say. Number is allotted from the
	// unit's register of documents where it is empty, and may be given for a single bundle
	// only, if no other document of that year has it; Date is the day of signing where it is
	// zero, and at most MaxBackdated days before that. Of a document that is signed already
	// nothing else may be asked than what it says.
	Number   string
	Date     bundle.Date
	Place    string
	Capacity *bundle.Capacity
}

// SigningRequest is what leaves for the key's carrier, and where it stands.
type SigningRequest struct {
	ID        string
	Carrier   string
	State     store.RequestState
	CreatedAt time.Time
	ExpiresAt time.Time
	Warnings  []Warning // about the certificate: its status could not be asked, for instance
	Items     []SigningItem
}

// Warning is something that the signer has to know and that does not stop him, by a
// stable code.
type Warning struct{ Code, VI, EN string }

// SigningItem is one signature that is asked for.
type SigningItem struct {
	ID               string
	Bundle           string
	Kind             signer.Kind
	Title            string
	DocumentSHA256   []byte // of the exact bytes that Content gives
	SignedAttributes []byte // DER of SET OF Attribute (RFC 5652, 5.4): the bytes to sign
	Algorithm        pades.Algorithm
	State            store.RequestState
}

// half is our half of an item, as it is kept until the signature comes back.
type half struct {
	Prepared *signer.Prepared `json:"prepared"`
	Document []byte           `json:"document,omitempty"` // document.json that the pages were drawn from

	// Organisation says that it is the organisation's signature, over a document that its
	// head has signed.
	Organisation bool `json:"organisation,omitempty"`
}

func (h *half) item(i store.Item) SigningItem {
	r := h.Prepared.Request
	return SigningItem{ID: i.ID, Bundle: i.Bundle, Kind: signer.Kind(i.Kind), Title: r.Title, DocumentSHA256: r.DocumentSHA256,
		SignedAttributes: r.SignedAttributes, Algorithm: r.Algorithm, State: i.State}
}

func halfOf(i store.Item) (*half, error) {
	h := &half{}
	if err := json.Unmarshal([]byte(i.Prepared), h); err != nil || h.Prepared == nil {
		return nil, fmt.Errorf("reading what was prepared for item %s: %w", i.ID, store.ErrCorrupt)
	}
	return h, nil
}

// told is a request as it is told of.
func told(r store.Request) (SigningRequest, error) {
	out := SigningRequest{ID: r.ID, Carrier: r.Carrier, State: r.State, CreatedAt: r.CreatedAt, ExpiresAt: r.ExpiresAt}
	for _, i := range r.Items {
		h, err := halfOf(i)
		if err != nil {
			return SigningRequest{}, err
		}
		out.Items = append(out.Items, h.item(i))
	}
	return out, nil
}

// signing is the act that signing is for somebody: the clerk signs for the organisation,
// and nobody else does.
func signing(who Actor) Act {
	if who.Role == Clerk {
		return CountersignBundles
	}
	return SignBundles
}

// request reads a request of who's own, and closes it first when its time is over. unit is
// whose bundles it is about.
func (s *Service) request(ctx context.Context, who Actor, id string) (r store.Request, unit string, err error) {
	v := s.store.Glance()
	if r, err = v.Request(ctx, id); err == nil && len(r.Items) > 0 {
		var b store.Bundle
		b, err = v.Bundle(ctx, r.Items[0].Bundle)
		unit = b.Unit
	}
	if err := s.guard(ctx, who, signing(who), unit, id, err); err != nil {
		return r, unit, err
	}
	if r.Account != who.Account { // what was asked of one head is no other's to see
		return r, unit, s.refuse(ctx, who, signing(who), id, ErrNotFound)
	}
	if r.State == store.RequestOpen && !r.ExpiresAt.After(s.now()) {
		if err := s.Expire(apart(ctx), id); err != nil {
			return r, unit, err
		}
		r, err = v.Request(ctx, id)
	}
	return r, unit, err
}

// SigningRequest reads a request.
func (s *Service) SigningRequest(ctx context.Context, who Actor, id string) (SigningRequest, error) {
	r, _, err := s.request(ctx, who, id)
	if err != nil {
		return SigningRequest{}, err
	}
	return told(r)
}

// SigningRequests lists the actor's requests, the newest first, without their items.
func (s *Service) SigningRequests(ctx context.Context, who Actor, p Page) ([]store.Request, string, error) {
	if err := s.may(ctx, who, signing(who), who.Unit, ""); err != nil {
		return nil, "", err
	}
	return s.store.Glance().Requests(ctx, who.Account, p)
}

// Content is the exact bytes whose SHA-256 an item names.
func (s *Service) Content(ctx context.Context, who Actor, request, item string) (io.Reader, int64, error) {
	r, _, err := s.request(ctx, who, request)
	if err != nil {
		return nil, 0, err
	}
	for _, i := range r.Items {
		if i.ID != item {
			continue
		}
		h, err := halfOf(i)
		if err != nil {
			return nil, 0, err
		}
		base, err := s.base(ctx, i)
		if err != nil || h.Prepared.Update == nil {
			return bytes.NewReader(base), int64(len(base)), err
		}
		signed, err := h.Prepared.Update.SignedBytes(base)
		span := h.Prepared.Update.ByteRange
		return signed, span[1] + span[3], err
	}
	return nil, 0, fmt.Errorf("request %s: %w", request, ErrNoItem)
}

// base reads what an item's signature extends.
func (s *Service) base(ctx context.Context, i store.Item) ([]byte, error) {
	return s.store.Glance().Content(ctx, i.Base)
}

// Refuse closes a request that its signer does not want to sign; the bundles are as
// they were.
func (s *Service) Refuse(ctx context.Context, who Actor, id, reason string) (SigningRequest, error) {
	return again(func() (SigningRequest, error) { return s.refuseRequest(ctx, who, id, reason) })
}

// refuseRequest is ErrStale when a signature came just now, or the request's time was over.
func (s *Service) refuseRequest(ctx context.Context, who Actor, id, reason string) (SigningRequest, error) {
	r, unit, err := s.request(ctx, who, id)
	if err != nil {
		return SigningRequest{}, err
	}
	if err := reasoned(reason, ""); err != nil {
		return SigningRequest{}, err
	}
	if r.State != store.RequestOpen {
		return SigningRequest{}, fmt.Errorf("request %s: %w", id, ErrRequestClosed)
	}
	return step(ctx, s, who, func(tx *store.Tx) (SigningRequest, error) {
		why, err := keepText(ctx, tx, "reason", reason)
		act := ""
		if err == nil {
			act, err = closeRequest(ctx, tx, r, store.RequestRefused)
		}
		if err != nil {
			return SigningRequest{}, err
		}
		if err := tx.Audit(act, who.Account, unit, id, why); err != nil {
			return SigningRequest{}, err
		}
		closed, err := tx.Request(ctx, id)
		if err != nil {
			return SigningRequest{}, err
		}
		return told(closed)
	})
}

// clockwork is who takes the steps that time alone makes due.
func clockwork() Actor { return Actor{Account: "service"} }

// Expire closes a request whose time is over; again, or too early, it does nothing.
func (s *Service) Expire(ctx context.Context, id string) error {
	_, err := again(func() (struct{}, error) { return struct{}{}, s.expire(ctx, id) })
	return err
}

// expire is ErrStale when somebody completed, refused or expired it just now, or took
// one signature of several.
func (s *Service) expire(ctx context.Context, id string) error {
	r, err := s.store.Glance().Request(ctx, id)
	if err != nil || r.State != store.RequestOpen || r.ExpiresAt.After(s.now()) {
		return err
	}
	_, err = step(ctx, s, clockwork(), func(tx *store.Tx) (struct{}, error) {
		b, err := tx.Bundle(ctx, r.Items[0].Bundle)
		act := ""
		if err == nil {
			act, err = closeRequest(ctx, tx, r, store.RequestLapsed)
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.Audit(act, clockwork().Account, b.Unit, id)
	})
	return err
}

// closeRequest closes a request without all of its signatures, and takes the bundles
// that wait for one back to where they came from. Signatures that are there are kept;
// where they are all there after all, because who brought the last one was cut off, the
// request is done. The outcome is the act for the chain. Every step of signing locks
// bundles first, by their ids, so that no two wait for each other.
func closeRequest(ctx context.Context, tx *store.Tx, r store.Request, to store.RequestState) (act string, err error) {
	last := ""
	for _, i := range r.Items { // by bundle
		if i.Bundle == last {
			continue
		}
		last = i.Bundle
		b, err := tx.Bundle(ctx, i.Bundle)
		if err != nil {
			return "", err
		}
		if b.Status.State != bundle.Pending { // the organisation's signature is asked for, or both are there
			if err := tx.TouchBundle(ctx, &b); err != nil {
				return "", err
			}
			continue
		}
		if err := tx.MoveBundle(ctx, &b, bundle.Lapse); err != nil {
			return "", err
		}
		err = tx.Audit("bundles.lapse", clockwork().Account, b.Unit, b.ID, audit.ID("request", r.ID), audit.ID("state", string(b.Status.State)))
		if err != nil {
			return "", err
		}
	}
	now, err := tx.Request(ctx, r.ID) // for which no signature comes any more
	if err != nil {
		return "", err
	}
	if finished(now) {
		to = store.RequestDone
	}
	return "signing." + string(to), tx.CloseRequest(ctx, r.ID, to)
}
