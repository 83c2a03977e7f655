package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/minutes"
)

// minutesOrder is what the minutes state beside the bundle. What is empty is left blank, to
// be filled in by hand.
type minutesOrder struct {
	ByID
	Body struct {
		Parties []party `json:"parties" minItems:"1" maxItems:"50" nullable:"false"`
		Reason  string  `json:"reason,omitempty" maxLength:"1000" doc:"Vì sao chưa ký số; mặc định: chưa có chứng thư số · why there is no signature"`
		Number  string  `json:"number,omitempty" maxLength:"20" pattern:"^[0-9A-Za-z/.-]*$" doc:"Số biên bản; để trống thì lấy số tiếp theo của đơn vị · number; the unit's next one where it is empty"`
		Venue   string  `json:"venue,omitempty" maxLength:"200"`
		Start   string  `json:"start,omitempty" maxLength:"40" doc:"2021-11-08T08:30 giờ Việt Nam, hoặc RFC 3339 · in Việt Nam, or RFC 3339"`
		End     string  `json:"end,omitempty" maxLength:"40"`
	}
}

type party struct {
	Party    string `json:"party" minLength:"1" maxLength:"200" example:"Công an xã Phú Hòa"`
	Name     string `json:"name,omitempty" maxLength:"200"`
	Position string `json:"position,omitempty" maxLength:"200"`
	Role     string `json:"role,omitempty" enum:"chair,secretary,member" doc:"Trống là member · empty is member"`
}

func (in *minutesOrder) order() attest.MinutesOrder {
	o := attest.MinutesOrder{Reason: plain(in.Body.Reason), Number: in.Body.Number, Venue: plain(in.Body.Venue), Start: in.Body.Start, End: in.Body.End}
	for _, p := range in.Body.Parties {
		role := minutes.Role(p.Role)
		if role == "" {
			role = minutes.Member
		}
		o.Parties = append(o.Parties, minutes.Party{Party: plain(p.Party), Name: plain(p.Name), Position: plain(p.Position), Role: role})
	}
	return o
}

// plain is a text as it is printed: in NFC, on one line.
func plain(text string) string { return strings.Join(strings.Fields(norm.NFC.String(text)), " ") }

func (a *api) minutesCalls() {
	o := operation{id: "draw-minutes", method: http.MethodPost, path: "/v1/bundles/{id}/minutes", tag: tagBundles, json: true,
		vi: "Lập biên bản xác nhận khi chưa có chứng thư số", en: "Draw the joint minutes while there is no certificate",
		about: "Tạo ra một văn bản để in và ký; trạng thái hồ sơ chưa đổi cho đến khi có bản quét. · " +
			"Makes a paper to be printed and signed; the bundle's state does not change before the scan is there.",
		acts: []attest.Act{attest.DrawMinutes}, problems: []string{"not-found", "state", "number-taken", "minutes-chair", "minutes-secretary", "minutes-parties", "minutes-time",
			"minutes-text", "unprintable", "not-nfc", "malformed", "text"}}
	o.returns(http.StatusOK, reflect.TypeFor[bundleFull]())
	change(a, o, func(ctx context.Context, c *call, in *minutesOrder) (attest.Bundle, error) {
		return heavily(ctx, c, func(ctx context.Context) (attest.Bundle, error) {
			return a.service.DrawMinutes(ctx, c.who, in.ID, in.order())
		})
	}, toldBundle)

	o = operation{id: "send-minutes-scan", method: http.MethodPost, path: "/v1/bundles/{id}/minutes/scan", tag: tagBundles, keyed: true,
		vi: "Gửi bản quét PDF của biên bản đã ký đủ", en: "Send the PDF scan of the completely signed minutes",
		about: "Hồ sơ trở thành minuted. Nội dung bản quét chưa được máy đối chiếu: người gửi chịu trách nhiệm. · " +
			"The bundle becomes minuted. Whether the scan shows these minutes is not looked at yet: who sends it answers for it.",
		acts: []attest.Act{attest.ConfirmMinutes}, problems: []string{"not-found", "state", "no-minutes", "key-away", "not-a-scan", "form"},
		takes: map[string]*huma.MediaType{
			"multipart/form-data": multipartOf(part{"file", true, "Bản quét · the scan"}),
			"application/pdf":     {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	o.returns(http.StatusOK, reflect.TypeFor[bundleFull]())
	register(a, o, func(ctx context.Context, c *call, in *ByID) (reply, error) {
		scan, err := c.scan()
		if err != nil {
			return reply{}, err
		}
		defer scan.discard()
		return once(ctx, c, scan.sum, func(ctx context.Context) (attest.Bundle, error) {
			return heavily(ctx, c, func(ctx context.Context) (attest.Bundle, error) {
				return a.service.ConfirmMinutes(ctx, c.who, in.ID, scan.File)
			})
		}, toldBundle)
	})
}

// scan takes a PDF, as it comes or in a form.
func (c *call) scan() (*upload, error) {
	kind, _, err := c.mediaType()
	if err != nil {
		return nil, err
	}
	if kind == "application/pdf" {
		return c.raw(c.api.o.MaxDocument)
	}
	f, err := c.form(c.api.o.MaxDocument, []string{"file"}, nil)
	if err != nil {
		return nil, err
	}
	return f.files["file"], nil
}
