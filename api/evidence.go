package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
)

// raising says what a bundle's signatures wait for.
type raising struct {
	State string    `json:"state" enum:"waiting,renewal" doc:"waiting: đã ký, chờ dấu thời gian; renewal: dấu thời gian lưu trữ sắp hết hạn · signed, waiting for time-stamps; the archive time-stamp is about to lapse"`
	Since time.Time `json:"since"`
	Next  time.Time `json:"next,omitzero" doc:"Lần thử tới, nếu lần trước không được · the next try, if one failed"`
	Cause string    `json:"cause,omitempty" doc:"Vì sao chưa được (mã): tsa-unavailable, evidence-unavailable, … · what kept it from it, as a code"`
	Tries int       `json:"tries,omitempty"`
}

// raisingOf is nil where nothing is waited for.
func raisingOf(l *attest.Level) *raising {
	if l == nil {
		return nil
	}
	r := &raising{State: "waiting", Since: l.SignedAt.UTC(), Next: l.NextAt.UTC(), Cause: l.Cause, Tries: l.Tries}
	if l.Level == string(signer.LevelLTA) {
		if l.Cause == "" {
			return nil
		}
		r.State, r.Since = "renewal", l.At.UTC()
	}
	return r
}

// revision is what a signed file was before it was raised.
type revision struct {
	Name   string    `json:"name" example:"bundle.pdf"`
	SHA256 string    `json:"sha256"`
	Size   int64     `json:"size"`
	Level  string    `json:"level" enum:"B-B,B-T,B-LT,B-LTA"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// levelEntry is how far the signatures of one bundle are.
type levelEntry struct {
	Bundle   string    `json:"bundle"`
	Level    string    `json:"level" enum:"B-B,B-T,B-LT,B-LTA"`
	SignedAt time.Time `json:"signed_at"`
	At       time.Time `json:"at" doc:"Từ khi nào có mức này · since when it is this level"`
	Lapses   time.Time `json:"lapses,omitzero" doc:"Dấu thời gian lưu trữ phải được gia hạn trước lúc này · the archive time-stamp needs a successor before"`
	Raising  *raising  `json:"raising,omitempty"`
}

func levelOf(l attest.Level) levelEntry {
	return levelEntry{l.Bundle, l.Level, l.SignedAt.UTC(), l.At.UTC(), l.Lapses.UTC(), raisingOf(&l)}
}

// evidence is one thing that was fetched about a bundle's signatures.
type evidence struct {
	SHA256 string    `json:"sha256"`
	Kind   string    `json:"kind" enum:"certificate,ocsp,crl,timestamp"`
	Source string    `json:"source,omitempty" doc:"Lấy từ đâu · where it came from"`
	Size   int64     `json:"size"`
	At     time.Time `json:"at"`
}

// Piece names something of a bundle by its SHA-256.
type Piece struct {
	ByID
	SHA256 string `path:"sha256" maxLength:"64" example:"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
}

// sum is the digest; of what is none, that of nothing, which names nothing.
func (p *Piece) sum() (sum bundle.HexHash) {
	if sum.UnmarshalText([]byte(p.SHA256)) != nil {
		return bundle.HexHash{}
	}
	return sum
}

// evidenceTypes are the types of content by kind (RFC 2585, RFC 6960, RFC 3161).
var evidenceTypes = map[string]string{
	attest.EvidenceCertificate: "application/pkix-cert", attest.EvidenceOCSP: "application/ocsp-response",
	attest.EvidenceCRL: "application/pkix-crl", attest.EvidenceTimestamp: "application/timestamp-reply",
}

func (a *api) evidenceCalls() {
	look(a, operation{id: "list-evidence", method: http.MethodGet, path: "/v1/bundles/{id}/evidence", tag: tagBundles,
		vi: "Bằng chứng được lưu cùng chữ ký: chứng thư, tình trạng, dấu thời gian", en: "What is kept about a bundle's signatures: certificates, their status, time-stamps",
		acts: []attest.Act{attest.ReadBundles}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			ByID
			Listing
		}) (page[evidence], error) {
			found, next, err := a.service.Evidence(ctx, c.who, in.ID, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, func(e attest.Evidence) evidence {
				return evidence{e.SHA256.String(), e.Kind, e.Source, e.Size, e.At.UTC()}
			}), err
		})

	o := operation{id: "get-evidence", method: http.MethodGet, path: "/v1/bundles/{id}/evidence/{sha256}", tag: tagBundles,
		vi: "Một bằng chứng, DER", en: "One piece of evidence, in DER", acts: []attest.Act{attest.ReadBundles}, problems: []string{"not-found"}}
	o.gives(true, "application/pkix-cert", "application/ocsp-response", "application/pkix-crl", "application/timestamp-reply")
	register(a, o, func(ctx context.Context, c *call, in *Piece) (reply, error) {
		e, blob, err := a.service.EvidenceFile(ctx, c.who, in.ID, in.sum())
		if err != nil {
			return reply{}, err
		}
		return c.content(evidenceTypes[e.Kind], in.ID+"-"+e.Kind+"-"+in.SHA256[:16]+".der", e.SHA256, blob.Reader()), nil
	})

	// By POST and not by DELETE, the content of which has no meaning (RFC 9110, 9.3.5): a proxy
	// may drop the reason.
	change(a, operation{id: "delete-evidence", method: http.MethodPost, path: "/v1/bundles/{id}/evidence/{sha256}/delete", tag: tagBundles, json: true,
		vi: "Hủy một bằng chứng, có lý do", en: "Delete one piece of evidence, with a reason",
		about: "Thứ mà chính chữ ký mang theo thì không hủy được. · What the signature itself carries cannot be deleted.",
		acts:  []attest.Act{attest.DeleteEvidence}, problems: []string{"not-found", "reason", "text", "carried", "changed"}},
		func(ctx context.Context, c *call, in *struct {
			Piece
			Body struct {
				Reason string `json:"reason" maxLength:"1000" example:"hết thời hạn lưu trữ"`
			}
		}) (struct{}, error) {
			return struct{}{}, a.service.DeleteEvidence(ctx, c.who, in.ID, in.sum(), norm.NFC.String(in.Body.Reason))
		}, done)

	o = operation{id: "get-revision", method: http.MethodGet, path: "/v1/bundles/{id}/revisions/{sha256}", tag: tagBundles,
		vi: "Văn bản hoặc chữ ký trước khi được nâng mức", en: "The document or the signature as it was before it was raised",
		acts: []attest.Act{attest.ReadPages}, problems: []string{"not-found"}}
	o.gives(true, "application/pdf", "application/pkcs7-signature")
	register(a, o, func(ctx context.Context, c *call, in *Piece) (reply, error) {
		r, blob, err := a.service.Revision(ctx, c.who, in.ID, in.sum())
		if err != nil {
			return reply{}, err
		}
		kind := "application/pkcs7-signature"
		if strings.HasSuffix(r.Name, ".pdf") {
			kind = "application/pdf"
		}
		return c.content(kind, in.ID+"-"+r.Level+"-"+r.Name, r.SHA256, blob.Reader()), nil
	})

	look(a, operation{id: "list-levels", method: http.MethodGet, path: "/v1/levels", tag: tagBundles,
		vi: "Các hồ sơ đã ký đang ở một mức, ký trước xếp trước", en: "Signed bundles that have a level, those signed first coming first",
		about: "Mức dưới B-LTA: đã ký, chờ dấu thời gian. lapsing: dấu thời gian lưu trữ hết hạn trong 60 ngày. Quản trị viên có thể bỏ trống unit để xem mọi đơn vị. · " +
			"Below B-LTA: signed, waiting for time-stamps. lapsing: archive time-stamps that lapse within 60 days. Administrators may leave out unit for those of all units.",
		acts: []attest.Act{attest.ReadLevels}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			Listing
			Unit  string `query:"unit" maxLength:"32" doc:"Mã đơn vị · code of the unit" example:"26221"`
			Level string `query:"level" enum:"B-B,B-T,B-LT,B-LTA,lapsing" default:"B-B"`
		}) (page[levelEntry], error) {
			p := attest.Page{After: in.Cursor, Limit: in.Limit}
			list := a.service.Levels
			if in.Level == "lapsing" {
				list = a.service.Lapsing
			}
			found, next, err := list(ctx, c.who, in.Unit, in.Level, p)
			return pageOf(found, next, levelOf), err
		})
}
