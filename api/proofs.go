package api

import (
	"context"
	"net/http"
	"reflect"

	"kytiem/attest"
)

// sealedProof is a proof as it is described; it is written by package bundle.
type sealedProof struct {
	openProof
}

func (a *api) proofCalls() {
	o := operation{id: "prove-record", method: http.MethodGet, path: "/v1/records/{id}/proof", tag: tagRecords,
		vi: "Bằng chứng của một kết quả, kiểm tra được ngoại tuyến", en: "Proof of one result, which verifies offline",
		about: "id của bản ghi hoặc của kết quả. disclose: các trường được tiết lộ, cách nhau bằng dấu phẩy; mặc định tất cả. · " +
			"id of a record or of a result. disclose: the fields to be disclosed, apart by commas; all by default.",
		acts: []attest.Act{attest.ProveRecords}, problems: []string{"not-found", "no-such-field"}}
	o.returns(http.StatusOK, reflect.TypeFor[sealedProof]())
	register(a, o, func(ctx context.Context, c *call, in *struct {
		ByID
		Disclose []string `query:"disclose" maxItems:"40" example:"[\"full_name\",\"birth_date\"]"`
	}) (reply, error) {
		proof, err := a.service.Prove(ctx, c.who, in.ID, in.Disclose)
		return reply{status: http.StatusOK, body: proof}, err
	})
}
