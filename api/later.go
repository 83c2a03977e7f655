package api

import (
	"context"
	"net/http"
	"strings"
)

// laterCalls hold the places of calls that come with later versions. They say so, to whom
// they will be for: a caller must not take silence for an empty list.
func (a *api) laterCalls() {
	for _, l := range []struct{ id, method, path, vi, en string }{
		{"send-identity-list", http.MethodPost, "/v1/identity-lists", "Gửi danh sách đối chiếu nhân thân", "Send a list of identities"},
		{"get-identity-list-file", http.MethodGet, "/v1/identity-lists/{id}/file", "Tệp của một danh sách", "A list's file"},
		{"send-identity-results", http.MethodPost, "/v1/identity-lists/{id}/results", "Gửi kết quả đối chiếu", "Send the results of a list"},
		{"daily-report", http.MethodGet, "/v1/reports/daily", "Báo cáo ngày", "Daily report"},
	} {
		o := operation{id: l.id, method: l.method, path: l.path, tag: "later", vi: l.vi, en: l.en, problems: []string{"later"},
			about: "Sẽ có ở phiên bản sau · comes with a later version", outcomes: map[int]*outcome{}}
		switch {
		case l.path == "/v1/reports/daily":
			later[struct {
				Date string `query:"date" maxLength:"10"`
				Unit string `query:"unit" maxLength:"32"`
			}](a, o, errLater)
		case strings.Contains(l.path, "{id}"):
			later[ByID](a, o, errLater)
		default:
			later[struct{}](a, o, errLater)
		}
	}
}

func later[I any](a *api, o operation, why error) {
	register(a, o, func(context.Context, *call, *I) (reply, error) { return reply{}, why })
}
