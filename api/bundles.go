package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
)

const tagBundles = "bundles"

// BundleEntry is a bundle as it stands in a list.
type BundleEntry struct {
	ID         string         `json:"id"`
	Unit       string         `json:"unit" example:"26221"`
	State      string         `json:"state" enum:"open,sealed,pending,signed,minuted,withdrawn,superseded,recalled"`
	Before     string         `json:"before,omitempty" doc:"Trạng thái sẽ trở lại nếu yêu cầu ký không thành · the state it falls back to"`
	Number     string         `json:"number,omitempty" doc:"Số văn bản · number of the document"`
	Root       string         `json:"root,omitempty" doc:"Gốc Merkle, hệ 16 · Merkle root, hexadecimal"`
	Size       int            `json:"size"`
	Counts     bundle.Counts  `json:"counts"`
	Period     *bundle.Period `json:"period,omitempty"`
	CreatedAt  time.Time      `json:"created_at"`
	SealedAt   time.Time      `json:"sealed_at,omitzero"`
	Supersedes string         `json:"supersedes,omitempty"`
	Level      string         `json:"level,omitempty" enum:"B-B,B-T,B-LT,B-LTA" doc:"Mức của chữ ký thấp nhất; không có khi chưa ký · of the signature that is raised least; none before it is signed"`
	Raising    *raising       `json:"raising,omitempty" doc:"Chữ ký đang chờ gì · what its signatures wait for"`
}

// bundleFull is a bundle with what belongs to it.
type bundleFull struct {
	BundleEntry
	Files        []bundleFile `json:"files"`
	Progress     *progress    `json:"progress,omitempty" doc:"Khi đang được lập · while it is being drawn"`
	SupersededBy string       `json:"superseded_by,omitempty" doc:"Hồ sơ kế tiếp; chỉ thay thế khi state là superseded · its successor; in force only when state says superseded"`
	Revisions    []revision   `json:"revisions,omitempty" doc:"Văn bản và chữ ký trước mỗi lần nâng mức · the signed files before each time they were raised"`
	Request      string       `json:"request,omitempty" doc:"Yêu cầu ký đang mở · the open signing request"`
}

type bundleFile struct {
	Name   string    `json:"name" example:"bundle.pdf"`
	SHA256 string    `json:"sha256"`
	Size   int64     `json:"size"`
	At     time.Time `json:"at"`
}

type progress struct {
	Done  int       `json:"done"`
	Total int       `json:"total"`
	At    time.Time `json:"at"`
	Fault string    `json:"fault,omitempty" doc:"Vì sao bỏ dở · why it gave up"`
}

func bundleOf(b attest.Bundle) bundleFull {
	out := bundleFull{BundleEntry: BundleEntry{ID: b.ID, Unit: b.Unit, State: string(b.Status.State), Before: string(b.Status.Before), Number: b.Number,
		Size: b.Size, Counts: b.Counts, CreatedAt: b.CreatedAt.UTC(), SealedAt: b.SealedAt.UTC(), Supersedes: b.Supersedes},
		Files: []bundleFile{}, SupersededBy: b.SupersededBy, Request: b.Request}
	if b.Root != (bundle.HexHash{}) {
		out.Root, out.Period = b.Root.String(), &b.Period
	}
	if b.Level != nil {
		out.Level, out.Raising = b.Level.Level, raisingOf(b.Level)
	}
	for _, r := range b.Revisions {
		out.Revisions = append(out.Revisions, revision{r.Name, r.SHA256.String(), r.Size, r.Level, r.At.UTC(), r.Until.UTC()})
	}
	for _, f := range b.Files {
		out.Files = append(out.Files, bundleFile{f.Name, f.SHA256.String(), f.Size, f.At.UTC()})
	}
	if p := b.Progress; p != nil {
		out.Progress = &progress{p.Done, p.Total, p.At.UTC(), p.Fault}
	}
	return out
}

// sealedOrLater tells of a bundle that is sealed, or that a job is about to seal.
func sealedOrLater(b attest.Bundle) reply {
	status := http.StatusCreated
	if b.Status.State == bundle.Open {
		status = http.StatusAccepted
	}
	return told(status, bundleOf(b))
}

func toldBundle(b attest.Bundle) reply { return told(http.StatusOK, bundleOf(b)) }

// reasoned is a call about one thing that needs nothing but a reason.
type reasoned struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"1000" example:"sai số liệu"`
	}
}

func (r *reasoned) reason() string { return norm.NFC.String(r.Body.Reason) }

// published is the same where the reason is told to anybody.
type published struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"1000" doc:"Được công khai; không ghi dữ liệu cá nhân · is published; no personal data" example:"sai số liệu"`
	}
}

func (p *published) reason() string { return norm.NFC.String(p.Body.Reason) }

// aboutReason says what becomes of it.
const aboutReason = "Lý do được công khai, không cần đăng nhập, ở GET /v1/bundles/{id}/status và được dịch vụ ký: không ghi họ tên, số định danh hay thông tin nào về một người. Dãy 9 hoặc 12 chữ số bị từ chối. · " +
	"The reason is public: GET /v1/bundles/{id}/status tells it to anybody, signed by the service. Write no name, no identity number, nothing of a person. 9 or 12 digits in a row are refused."

func (a *api) bundleCalls() {
	o := operation{id: "seal-bundle", method: http.MethodPost, path: "/v1/bundles", tag: tagBundles, json: true,
		vi: "Niêm phong các kết quả sẵn sàng của một đơn vị", en: "Seal a unit's ready results",
		about: "201 khi đã niêm phong; 202 khi hồ sơ lớn còn đang được lập: xem progress ở GET /v1/bundles/{id}. · " +
			"201 when it is sealed; 202 while a large one is being drawn: see progress at GET /v1/bundles/{id}.",
		acts: []attest.Act{attest.SealBundles}, problems: []string{"not-found", "nothing-ready", "held", "outside-period", "unit-unknown", "unit-ambiguous", "unprintable", "malformed", "too-many", "state"}}
	o.returns(http.StatusCreated, reflect.TypeFor[bundleFull]())
	o.returns(http.StatusAccepted, reflect.TypeFor[bundleFull]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		Body struct {
			Unit  string `json:"unit" minLength:"1" maxLength:"32" example:"26221"`
			Limit int    `json:"limit,omitempty" minimum:"0" maximum:"10000000" doc:"Số kết quả nhiều nhất; 0 là tất cả · results at most; 0 is all"`
		}
	}) (attest.Bundle, error) {
		return heavily(ctx, c, func(ctx context.Context) (attest.Bundle, error) {
			return a.service.Seal(ctx, c.who, attest.SealOrder{Unit: in.Body.Unit, Limit: in.Body.Limit})
		})
	}, sealedOrLater)

	look(a, operation{id: "list-bundles", method: http.MethodGet, path: "/v1/bundles", tag: tagBundles,
		vi: "Hồ sơ của một đơn vị, mới nhất trước", en: "A unit's bundles, the newest first",
		acts: []attest.Act{attest.ReadBundles}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *OfUnit) (page[BundleEntry], error) {
			found, next, err := a.service.Bundles(ctx, c.who, in.Unit, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, func(b attest.Bundle) BundleEntry { return bundleOf(b).BundleEntry }), err
		})

	look(a, operation{id: "get-bundle", method: http.MethodGet, path: "/v1/bundles/{id}", tag: tagBundles,
		vi: "Một hồ sơ và các tệp của nó", en: "One bundle and its files", acts: []attest.Act{attest.ReadBundles}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByID) (bundleFull, error) {
			b, err := a.service.Bundle(ctx, c.who, in.ID)
			return bundleOf(b), err
		})

	o = operation{id: "withdraw-bundle", method: http.MethodPost, path: "/v1/bundles/{id}/withdraw", tag: tagBundles, json: true,
		vi: "Rút hồ sơ chưa ký; các kết quả được trả lại", en: "Withdraw a bundle that nobody signed; its results are free again",
		acts: []attest.Act{attest.WithdrawBundles}, problems: []string{"not-found", "reason", "text", "state", "request-open", "drawing"}}
	o.returns(http.StatusOK, reflect.TypeFor[bundleFull]())
	change(a, o, func(ctx context.Context, c *call, in *reasoned) (attest.Bundle, error) {
		return a.service.Withdraw(ctx, c.who, in.ID, in.reason())
	}, toldBundle)

	o = operation{id: "supersede-bundle", method: http.MethodPost, path: "/v1/bundles/{id}/supersede", tag: tagBundles, json: true,
		vi: "Mở hồ sơ thay thế một hồ sơ đã ký hoặc đã lập biên bản", en: "Open the successor of a bundle that is signed or minuted",
		about: "Trả về hồ sơ mới. Hồ sơ cũ còn hiệu lực cho đến khi hồ sơ mới được ký hoặc có biên bản. · " +
			"Answers with the successor. The old bundle is in force until the new one is signed or minuted.\n\n" + aboutReason,
		acts: []attest.Act{attest.SupersedeBundles}, problems: []string{"not-found", "reason", "reason-public", "text", "state"}}
	o.returns(http.StatusCreated, reflect.TypeFor[bundleFull]())
	change(a, o, func(ctx context.Context, c *call, in *published) (attest.Bundle, error) {
		return a.service.Supersede(ctx, c.who, in.ID, in.reason())
	}, func(b attest.Bundle) reply { return told(http.StatusCreated, bundleOf(b)) })

	o = operation{id: "recall-bundle", method: http.MethodPost, path: "/v1/bundles/{id}/recall", tag: tagBundles, json: true,
		vi: "Thu hồi một hồ sơ đã ký hoặc đã lập biên bản", en: "Recall a bundle that is signed or minuted",
		about: "Hồ sơ hết hiệu lực ngay; các kết quả được trả lại. · The bundle is out of force at once; its results are free again.\n\n" + aboutReason,
		acts:  []attest.Act{attest.RecallBundles}, problems: []string{"not-found", "reason", "reason-public", "text", "state", "key-away"}}
	o.returns(http.StatusOK, reflect.TypeFor[bundleFull]())
	change(a, o, func(ctx context.Context, c *call, in *published) (attest.Bundle, error) {
		return a.service.Recall(ctx, c.who, in.ID, in.reason())
	}, toldBundle)

	a.statusCall()
}

// status is where a bundle stands, for anybody. It is signed where the service has a key.
type status struct {
	At           time.Time `json:"at" doc:"Thời điểm của thông báo · when this was said"`
	Bundle       string    `json:"bundle"`
	Unit         string    `json:"unit"`
	Root         string    `json:"root"`
	Status       string    `json:"status" enum:"valid,superseded,recalled,minuted,unknown"`
	Since        string    `json:"since,omitempty"`
	Reason       string    `json:"reason,omitempty"`
	SupersededBy string    `json:"superseded_by,omitempty"`
	Statement    []byte    `json:"statement" doc:"JSON chuẩn tắc (RFC 8785) được ký, base64 · canonical JSON that is signed"`
	Signature    []byte    `json:"signature" nullable:"true" doc:"CAdES tách rời trên statement, base64; null khi dịch vụ không có khóa · detached CAdES over statement; null where the service has no key"`
}

func (a *api) statusCall() {
	look(a, operation{id: "get-bundle-status", method: http.MethodGet, path: "/v1/bundles/{id}/status", tag: tagBundles, public: true, costly: true,
		vi: "Hồ sơ còn hiệu lực không", en: "Is a bundle in force",
		about: "Công khai: còn hiệu lực, bị thay thế, bị thu hồi, mới có biên bản, hoặc chưa rõ. · Public: valid, superseded, recalled, minuted only, or unknown.", problems: []string{"not-found", "key-away"}},
		func(ctx context.Context, _ *call, in *ByID) (status, error) {
			s, err := a.service.StatusOf(ctx, in.ID)
			if err != nil {
				return status{}, err
			}
			at, err := time.Parse(time.RFC3339, s.At)
			return status{At: at, Bundle: s.Bundle, Unit: s.Unit, Root: s.Root, Status: s.Status.Status, Since: s.Since, Reason: s.Reason,
				SupersededBy: s.SupersededBy, Statement: s.Statement, Signature: s.Signature}, err
		})
}
