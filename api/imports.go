package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kytiem/attest"
	"kytiem/bundle"
)

const tagImports = "imports"

// ImportCount is an import and what became of its rows.
type ImportCount struct {
	ID         string    `json:"id"`
	Unit       string    `json:"unit" example:"26221"`
	Account    string    `json:"account"`
	At         time.Time `json:"at"`
	FileSHA256 string    `json:"file_sha256"`
	Rows       int       `json:"rows" doc:"taken + bad + doubled"`
	Taken      int       `json:"taken" doc:"Dòng được nhận · rows that were taken"`
	Bad        int       `json:"bad" doc:"Dòng sai, nằm trong tệp lỗi · bad rows, in the error file"`
	Doubled    int       `json:"doubled" doc:"Mũi tiêm đã có · doses that were known"`
	Errors     string    `json:"errors,omitempty" doc:"Địa chỉ tệp lỗi · where the error file is"`
}

// imported is the outcome of an import.
type imported struct {
	ImportCount
	Findings []fault `json:"findings" doc:"100 điều đầu tiên · the first 100"`
	Again    string  `json:"again,omitempty" doc:"Lần nhập trước của cùng tệp này · earlier import of this very file"`
}

func countOf(in attest.Import) ImportCount {
	out := ImportCount{ID: in.ID, Unit: in.Unit, Account: in.Account, At: in.At.UTC(), FileSHA256: in.File.String(), Rows: in.Rows, Taken: in.Taken,
		Bad: in.Bad, Doubled: in.Doubled}
	if in.Errors != (bundle.HexHash{}) {
		out.Errors = "/v1/imports/" + in.ID + "/errors"
	}
	return out
}

// OfUnit asks for a list of one unit's.
type OfUnit struct {
	Listing
	Unit string `query:"unit" required:"true" minLength:"1" maxLength:"32" doc:"Mã đơn vị · code of the unit" example:"26221"`
}

// ByID names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"64" example:"AAAAAAAAAAAAAAAAAAAAAAAAAA"`
}

func (a *api) importCalls() {
	o := operation{id: "import-results", method: http.MethodPost, path: "/v1/imports", tag: tagImports,
		vi: "Nhập tệp kết quả của một đơn vị", en: "Import a unit's file of results",
		about: "CSV, NDJSON hoặc XLSX. Dòng sai không được nhận và nằm trong tệp lỗi cùng các cột như tệp gửi lên. Tệp bị cắt thì không dòng nào được nhận.\n\n" +
			"CSV, NDJSON or XLSX. Bad rows are not taken and stand in the error file, in the columns of what was sent. Of a file that was cut off no row is taken.",
		acts: []attest.Act{attest.ImportResults}, keyed: true, problems: []string{"not-found", "form", "file-unusable"},
		takes: map[string]*huma.MediaType{"multipart/form-data": multipartOf(
			part{"file", true, "Tệp kết quả · the file of results"}, part{"unit", false, "Mã đơn vị · code of the unit"},
			part{"extra", false, "ignore: bỏ qua cột thừa · passes over extra columns"})}}
	o.returns(http.StatusCreated, reflect.TypeFor[imported]())
	register(a, o, func(ctx context.Context, c *call, _ *struct{}) (reply, error) {
		f, err := c.form(a.o.MaxImport, []string{"file"}, []string{"unit", "extra"})
		if err != nil {
			return reply{}, err
		}
		defer f.close()
		if f.values["unit"] == "" {
			return reply{}, invalid(fault{Location: "body.unit", Code: "required"})
		}
		if extra := f.values["extra"]; extra != "" && extra != "ignore" {
			return reply{}, invalid(fault{Location: "body.extra", Code: "choice"})
		}
		u := attest.Upload{Unit: f.values["unit"], File: f.files["file"].File, IgnoreExtra: f.values["extra"] == "ignore"}
		return once(ctx, c, f.sum, func(ctx context.Context) (attest.Imported, error) {
			return heavily(ctx, c, func(ctx context.Context) (attest.Imported, error) { return a.service.Import(ctx, c.who, u) })
		}, func(in attest.Imported) reply {
			return told(http.StatusCreated, imported{countOf(in.Import), findingsOf("", in.Findings...), in.Again})
		})
	})

	look(a, operation{id: "list-imports", method: http.MethodGet, path: "/v1/imports", tag: tagImports,
		vi: "Các lần nhập của một đơn vị, mới nhất trước", en: "A unit's imports, the newest first",
		acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *OfUnit) (page[ImportCount], error) {
			found, next, err := a.service.Imports(ctx, c.who, in.Unit, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, countOf), err
		})

	look(a, operation{id: "get-import", method: http.MethodGet, path: "/v1/imports/{id}", tag: tagImports,
		vi: "Một lần nhập", en: "One import", acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByID) (ImportCount, error) {
			found, err := a.service.ImportOf(ctx, c.who, in.ID)
			return countOf(found), err
		})

	o = operation{id: "get-import-errors", method: http.MethodGet, path: "/v1/imports/{id}/errors", tag: tagImports,
		vi: "Tệp lỗi của một lần nhập", en: "Error file of an import",
		about: "Cùng dạng và cột như tệp đã gửi, thêm hai cột nói điều sai; sửa rồi gửi lại được ngay. · " +
			"In the form and columns of what was sent, with two more that say what is wrong; mended, it can be sent as it is.",
		acts: []attest.Act{attest.ImportResults}, problems: []string{"not-found"}}
	o.gives(true, "application/octet-stream")
	register(a, o, func(ctx context.Context, c *call, in *ByID) (reply, error) {
		blob, err := a.service.ErrorFile(ctx, c.who, in.ID)
		if err != nil {
			return reply{}, err
		}
		return c.content("application/octet-stream", "errors-"+in.ID, blob.SHA256, blob.Reader()), nil
	})
}

// part is one part of a form, as it is described.
type part struct {
	name  string
	file  bool
	about string
}

// multipartOf describes a form. The first part has to be there, and a unit.
func multipartOf(parts ...part) *huma.MediaType {
	s := &huma.Schema{Type: huma.TypeObject, Properties: make(map[string]*huma.Schema), AdditionalProperties: false}
	for i, p := range parts {
		s.Properties[p.name] = &huma.Schema{Type: huma.TypeString, Description: p.about}
		if p.file {
			s.Properties[p.name].Format = "binary"
		}
		if i == 0 || p.name == "unit" {
			s.Required = append(s.Required, p.name)
		}
	}
	return &huma.MediaType{Schema: s}
}
