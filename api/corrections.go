package api

import (
	"context"
	"maps"
	"net/http"
	"reflect"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
)

// correction is what was changed in a result.
type correction struct {
	ID       string          `json:"id"`
	Account  string          `json:"account"`
	At       time.Time       `json:"at"`
	Reason   string          `json:"reason"`
	Evidence string          `json:"evidence,omitempty"`
	Changes  []attest.Change `json:"changes"`
}

func correctionOf(c attest.Correction) correction {
	return correction{c.ID, c.Account, c.At.UTC(), c.Reason, c.Evidence, append([]attest.Change{}, c.Changes...)}
}

func (a *api) correctionCalls() {
	o := operation{id: "correct-record", method: http.MethodPost, path: "/v1/records/{id}/corrections", tag: tagRecords, json: true,
		vi: "Sửa một kết quả, có lý do", en: "Correct a result, with a reason",
		about: "Tên trường như cột của tệp kết quả. Phần đã sửa phải được xác nhận lại bởi ngành của mình. · " +
			"Fields are named as the columns of a results file. What was corrected has to be confirmed anew by its own sector.",
		acts: []attest.Act{attest.CorrectResults}, problems: []string{"not-found", "reason", "field", "in-bundle", "correction-invalid", "text", "malformed"}}
	o.returns(http.StatusCreated, reflect.TypeFor[record]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		ByID
		Body struct {
			Fields   map[string]string `json:"fields" minProperties:"1" maxProperties:"20" doc:"Cột và giá trị mới · column and new value"`
			Reason   string            `json:"reason" maxLength:"1000"`
			Evidence string            `json:"evidence,omitempty" maxLength:"1000" doc:"Giấy tờ chứng minh, không ghi dữ liệu cá nhân · which document shows it, without personal data"`
		}
	}) (attest.Result, error) {
		fields := maps.Clone(in.Body.Fields)
		for name, text := range fields {
			fields[name] = norm.NFC.String(text)
		}
		return a.service.Correct(ctx, c.who, in.ID, attest.Amendment{Fields: fields, Reason: norm.NFC.String(in.Body.Reason),
			Evidence: norm.NFC.String(in.Body.Evidence)})
	}, func(r attest.Result) reply { return told(http.StatusCreated, recordOf(r)) })

	look(a, operation{id: "list-corrections", method: http.MethodGet, path: "/v1/records/{id}/corrections", tag: tagRecords,
		vi: "Các lần sửa một kết quả, mới nhất trước", en: "Corrections of a result, the newest first",
		acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			ByID
			Listing
		}) (page[correction], error) {
			found, next, err := a.service.Corrections(ctx, c.who, in.ID, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, correctionOf), err
		})
}

// confirmed says what became of each result of a confirmation.
type confirmed struct {
	Confirmed []string `json:"confirmed"`
	Unchanged []string `json:"unchanged" doc:"Đã xác nhận, đã thuộc hồ sơ, hoặc chưa đủ để đối chiếu · confirmed already, in a bundle, or not complete enough to be matched"`
}

func (a *api) confirmationCalls() {
	o := operation{id: "confirm-records", method: http.MethodPost, path: "/v1/records/confirmations", tag: tagRecords, json: true,
		vi: "Xác nhận một phần của các kết quả", en: "Confirm one part of results",
		about: "Mỗi phần do ngành của mình xác nhận: identity (nhân thân) do công an, dung hoặc sai kèm lý do; vaccination (mũi tiêm) do y tế. · " +
			"Each part by its own sector only: identity by the police, dung or sai with a reason; vaccination by the health sector.",
		acts: []attest.Act{attest.ConfirmIdentity, attest.ConfirmVaccination}, problems: []string{"not-found", "reason", "part", "too-many", "text"}}
	o.returns(http.StatusOK, reflect.TypeFor[confirmed]())
	change(a, o, func(ctx context.Context, c *call, in *struct {
		Body struct {
			Records []string `json:"records" minItems:"1" maxItems:"10000" nullable:"false"`
			Part    string   `json:"part" enum:"identity,vaccination"`
			Result  string   `json:"result,omitempty" enum:"dung,sai"`
			Reason  string   `json:"reason,omitempty" maxLength:"1000" doc:"Cần khi sai · needed with sai"`
		}
	}) (attest.Confirmed, error) {
		return a.service.Confirm(ctx, c.who, attest.Confirmation{Part: partOf(in.Body.Part), Results: in.Body.Records,
			Answer: bundle.Match(in.Body.Result), Reason: norm.NFC.String(in.Body.Reason)})
	}, func(o attest.Confirmed) reply {
		return told(http.StatusOK, confirmed{append([]string{}, o.Confirmed...), append([]string{}, o.Unchanged...)})
	})
}

// partOf reads the name of a part.
func partOf(name string) attest.Part {
	if name == "identity" {
		return attest.Identity
	}
	return attest.Vaccination
}
