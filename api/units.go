package api

import (
	"context"
	"net/http"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
)

const tagRegisters = "registers"

// unitsBytes bounds a change of the register, which is some 4 MB as a whole.
const unitsBytes = 8 << 20

func same[T any](v T) T { return v }

func (a *api) unitCalls() {
	look(a, operation{id: "list-units", method: http.MethodGet, path: "/v1/units", tag: tagRegisters,
		vi: "Danh mục đơn vị, theo mã và thời gian", en: "The register of units, by code and time",
		acts: []attest.Act{attest.ReadUnits}, problems: []string{"cursor", "not-found"}},
		func(ctx context.Context, c *call, in *struct {
			Listing
			Below string `query:"below" maxLength:"32" doc:"Chỉ các đơn vị trực thuộc · only those that lie in this one" example:"75"`
		}) (page[bundle.Unit], error) {
			found, next, err := a.service.Units(ctx, c.who, in.Below, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, same), err
		})

	look(a, operation{id: "get-unit", method: http.MethodGet, path: "/v1/units/{code}", tag: tagRegisters,
		vi: "Các đơn vị từng mang một mã, theo thời gian", en: "The units that had a code, in the order of time",
		acts: []attest.Act{attest.ReadUnits}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *struct {
			Code string `path:"code" maxLength:"32" example:"26221"`
		}) (page[bundle.Unit], error) {
			found, err := a.service.UnitsOf(ctx, c.who, in.Code)
			return pageOf(found, "", same), err
		})

	type order struct {
		Body struct {
			Units []bundle.Unit `json:"units" minItems:"1" maxItems:"20000" nullable:"false" doc:"Như các cột của tệp đơn vị · as the columns of a units file"`
		}
	}
	put := func(ctx context.Context, c *call, in *order) (struct{}, error) {
		units := in.Body.Units
		for i, u := range units {
			units[i].Name, units[i].FullName = norm.NFC.String(u.Name), norm.NFC.String(u.FullName)
		}
		return struct{}{}, a.service.PutUnits(ctx, c.who, units)
	}
	for method, id := range map[string]string{http.MethodPut: "put-units", http.MethodPost: "add-units"} {
		change(a, operation{id: id, method: method, path: "/v1/units", tag: tagRegisters, json: true, most: unitsBytes,
			vi: "Thêm hoặc đổi đơn vị, tất cả hoặc không", en: "Add or change units, all or none",
			about: "Đơn vị cùng mã và cùng ngày bắt đầu được thay bằng nội dung mới. · A unit with the same code and first day is changed.",
			acts:  []attest.Act{attest.WriteUnits}, problems: []string{"not-found", "file-unusable", "unit-overlap", "too-many", "text", "date", "malformed"}},
			put, done)
	}
}
