package api

import (
	"context"
	"net/http"
	"strings"

	"kytiem/attest"
	"kytiem/bundle"
)

// fileKinds are the files of a bundle that have a call of their own, by name.
var fileKinds = []struct {
	id, name, kind string
	vi, en         string
	public         bool
}{
	{"get-bundle-pages", bundle.PagesFile, "application/pdf", "Văn bản", "The document", false},
	{"get-bundle-manifest", bundle.ManifestFile, "application/json", "Dữ liệu được ký, công khai", "The data that is signed, public", true},
	{"get-bundle-signature", bundle.SignatureFile, "application/pkcs7-signature", "Chữ ký số trên dữ liệu, công khai", "The signature over the data, public", true},
	{"get-bundle-minutes", bundle.MinutesFile, "application/pdf", "Biên bản để in", "The minutes to be printed", false},
	{"get-bundle-scan", "scan.pdf", "application/pdf", "Bản quét biên bản đã ký", "The scan of the signed minutes", false},
	{"get-bundle-records", bundle.RecordsFile, "application/x-ndjson", "Các bản ghi đã niêm phong", "The sealed records", false},
	{"get-bundle-document", bundle.DocumentFile, "application/json", "Phần đầu và cuối của văn bản", "What the pages need beside the records", false},
}

func (a *api) fileCalls() {
	for _, f := range fileKinds {
		o := operation{id: f.id, method: http.MethodGet, path: "/v1/bundles/{id}/" + f.name, tag: tagBundles, vi: f.vi, en: f.en,
			public: f.public, problems: []string{"not-found"}}
		if !f.public {
			o.acts = []attest.Act{attest.ReadPages}
		}
		o.gives(true, f.kind)
		register(a, o, func(ctx context.Context, c *call, in *ByID) (reply, error) { return c.file(ctx, in.ID, f.name, f.kind) })
	}
	o := operation{id: "get-bundle-annex", method: http.MethodGet, path: "/v1/bundles/{id}/{annex}", tag: tagBundles,
		vi: "Phụ lục của danh sách dài: annex-01.pdf …", en: "Annex of a long list: annex-01.pdf …",
		acts: []attest.Act{attest.ReadPages}, problems: []string{"not-found"}}
	o.gives(true, "application/pdf")
	register(a, o, func(ctx context.Context, c *call, in *struct {
		ByID
		Annex string `path:"annex" maxLength:"40" example:"annex-01.pdf"`
	}) (reply, error) {
		if !strings.HasPrefix(in.Annex, "annex-") {
			return reply{}, errNoRoute
		}
		return c.file(ctx, in.ID, in.Annex, "application/pdf")
	})
}

func (c *call) file(ctx context.Context, id, name, kind string) (reply, error) {
	f, blob, err := c.api.service.File(ctx, c.who, id, name)
	if err != nil {
		return reply{}, err
	}
	return c.content(kind, id+"-"+name, f.SHA256, blob.Reader()), nil
}
