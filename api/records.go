package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"kytiem/attest"
	"kytiem/bundle"
)

const tagRecords = "records"

// record is one dose given to one person, as it stands today. Its id stands for it in URLs;
// what it says of a person never does.
type record struct {
	ID                string      `json:"id"`
	Unit              string      `json:"unit" example:"26221"`
	Import            string      `json:"import"`
	ExternalID        string      `json:"external_id,omitempty"`
	FullName          string      `json:"full_name" example:"Nguyễn Văn Mẫu"`
	Gender            string      `json:"gender" doc:"nam, nu, hoặc trống · or empty"`
	BirthDate         bundle.Date `json:"birth_date" doc:"YYYY-MM-DD, YYYY-MM, YYYY"`
	IDType            string      `json:"id_type" doc:"CCCD, CMND, PASSPORT"`
	IDNumber          string      `json:"id_number"`
	Nationality       string      `json:"nationality,omitempty" doc:"ISO 3166-1; trống là VN · empty is VN"`
	DoseNumber        int         `json:"dose_number"`
	VaccinatedOn      bundle.Date `json:"vaccinated_on"`
	Vaccine           string      `json:"vaccine"`
	LotNumber         string      `json:"lot_number,omitempty"`
	Site              string      `json:"site,omitempty"`
	Match             string      `json:"match" doc:"dung, sai, lam-sach, hoặc trống · or empty"`
	MatchReason       string      `json:"match_reason,omitempty"`
	HealthConfirmedBy string      `json:"health_confirmed_by,omitempty" doc:"Tài khoản · account"`
	HealthConfirmedAt time.Time   `json:"health_confirmed_at,omitzero"`
	PoliceConfirmedBy string      `json:"police_confirmed_by,omitempty"`
	PoliceConfirmedAt time.Time   `json:"police_confirmed_at,omitzero"`
	State             string      `json:"state" enum:"ready,in_bundle,lacking"`
	Lacking           []string    `json:"lacking" doc:"Còn thiếu gì để niêm phong · what keeps it from being sealed"`
	Bundle            string      `json:"bundle,omitempty"`
}

// lacks are the names of what can keep a result from being sealed.
var lacks = []struct {
	standing attest.Standing
	name     string
}{{attest.LacksData, "data"}, {attest.LacksMatch, "match"}, {attest.LacksCleansing, "cleansing"}, {attest.LacksHealth, "health"},
	{attest.LacksPolice, "police"}}

const (
	stateReady    = "ready"
	stateInBundle = "in_bundle"
	stateLacking  = "lacking"
)

// stateOf names a standing.
func stateOf(s attest.Standing) (state string, lacking []string) {
	lacking = []string{}
	switch {
	case s == attest.Ready:
		return stateReady, lacking
	case s&attest.InBundle != 0:
		return stateInBundle, lacking
	}
	for _, l := range lacks {
		if s&l.standing != 0 {
			lacking = append(lacking, l.name)
		}
	}
	return stateLacking, lacking
}

// standings are those that names ask for: of results that lack all of these, or are ready,
// or in a bundle. Without names it is every one.
func standings(names []string) ([]attest.Standing, error) {
	var asked attest.Standing
	for _, name := range names {
		at := slices.IndexFunc(lacks, func(l struct {
			standing attest.Standing
			name     string
		}) bool {
			return l.name == name
		})
		switch {
		case at >= 0:
			asked |= lacks[at].standing
		case len(names) > 1:
			return nil, invalid(fault{Location: "state", Code: "choice"})
		case name == stateReady:
			return []attest.Standing{attest.Ready}, nil
		case name == stateInBundle:
			return []attest.Standing{attest.InBundle}, nil
		default:
			return nil, invalid(fault{Location: "state", Code: "choice"})
		}
	}
	if asked == 0 {
		return nil, nil
	}
	found := attest.Lacking(asked)
	if len(found) == 0 { // match and cleansing exclude each other
		return nil, invalid(fault{Location: "state", Code: "choice"})
	}
	return found, nil
}

func recordOf(r attest.Result) record {
	out := record{ID: r.ID, Unit: r.Unit, Import: r.Import, ExternalID: r.ExternalID, FullName: r.FullName, Gender: string(r.Gender),
		BirthDate: r.BirthDate, IDType: string(r.IDType), IDNumber: r.IDNumber, Nationality: r.Nationality, DoseNumber: r.DoseNumber,
		VaccinatedOn: r.VaccinatedOn, Vaccine: r.Vaccine, LotNumber: r.LotNumber, Site: r.Site, Match: string(r.Match),
		MatchReason: r.MatchReason, HealthConfirmedBy: r.HealthConfirmedBy, HealthConfirmedAt: r.HealthAt.UTC(),
		PoliceConfirmedBy: r.PoliceConfirmedBy, PoliceConfirmedAt: r.PoliceAt.UTC(), Bundle: r.Bundle}
	out.State, out.Lacking = stateOf(r.Standing)
	return out
}

// search asks for results by how a name begins, which is no matter for a URL.
type search struct {
	Body struct {
		Unit   string   `json:"unit" minLength:"1" maxLength:"32" example:"26221"`
		State  []string `json:"state,omitempty" maxItems:"5" enum:"ready,in_bundle,data,match,cleansing,health,police" doc:"Như ở GET /v1/records · as in GET /v1/records"`
		Name   string   `json:"name,omitempty" maxLength:"200" doc:"Đầu họ tên, có dấu hay không dấu · how the name begins, with or without marks" example:"nguyen van"`
		Limit  int      `json:"limit,omitempty" minimum:"0" maximum:"500"`
		Cursor string   `json:"cursor,omitempty" maxLength:"500"`
	}
}

// standingCounts are a unit's results by what keeps them from being sealed.
type standingCounts struct {
	Total    int            `json:"total"`
	Ready    int            `json:"ready"`
	InBundle int            `json:"in_bundle"`
	Lacking  map[string]int `json:"lacking" doc:"data, match, cleansing, health, police; một kết quả có thể thiếu nhiều thứ · a result may lack several"`
}

func (a *api) recordCalls() {
	look(a, operation{id: "list-records", method: http.MethodGet, path: "/v1/records", tag: tagRecords,
		vi: "Kết quả của một đơn vị, theo tên", en: "A unit's results, by name",
		about: "state: ready, in_bundle, hoặc những gì còn thiếu (data, match, cleansing, health, police), cách nhau bằng dấu phẩy. Tìm theo tên: POST /v1/records/search. · " +
			"state: ready, in_bundle, or what is lacking (data, match, cleansing, health, police), apart by commas. By name: POST /v1/records/search.",
		acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *struct {
			OfUnit
			State []string `query:"state" maxItems:"5" enum:"ready,in_bundle,data,match,cleansing,health,police" doc:"Trạng thái, hoặc những gì còn thiếu · a state, or what is lacking" example:"[\"health\"]"`
		}) (page[record], error) {
			these, err := standings(in.State)
			if err != nil {
				return page[record]{}, err
			}
			found, next, err := a.service.Results(ctx, c.who, attest.Worklist{Unit: in.Unit, Standings: these}, attest.Page{After: in.Cursor, Limit: in.Limit})
			return pageOf(found, next, recordOf), err
		})

	look(a, operation{id: "search-records", method: http.MethodPost, path: "/v1/records/search", tag: tagRecords, json: true,
		vi: "Tìm kết quả theo đầu họ tên", en: "Search results by how the name begins",
		about: "Họ tên là dữ liệu cá nhân nên không đứng trong URL. · Names are personal data and do not stand in URLs.",
		acts:  []attest.Act{attest.ReadResults}, problems: []string{"not-found", "cursor"}},
		func(ctx context.Context, c *call, in *search) (page[record], error) {
			these, err := standings(in.Body.State)
			if err != nil {
				return page[record]{}, err
			}
			w := attest.Worklist{Unit: in.Body.Unit, Standings: these, Name: norm.NFC.String(in.Body.Name)}
			found, next, err := a.service.Results(ctx, c.who, w, attest.Page{After: in.Body.Cursor, Limit: in.Body.Limit})
			return pageOf(found, next, recordOf), err
		})

	look(a, operation{id: "count-records", method: http.MethodGet, path: "/v1/records/counts", tag: tagRecords,
		vi: "Đếm kết quả của một đơn vị theo trạng thái", en: "Count a unit's results by state",
		acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *struct {
			Unit string `query:"unit" required:"true" minLength:"1" maxLength:"32" example:"26221"`
		}) (standingCounts, error) {
			found, err := a.service.CountResults(ctx, c.who, in.Unit)
			return countsOf(found), err
		})

	look(a, operation{id: "get-record", method: http.MethodGet, path: "/v1/records/{id}", tag: tagRecords,
		vi: "Một kết quả", en: "One result", acts: []attest.Act{attest.ReadResults}, problems: []string{"not-found"}},
		func(ctx context.Context, c *call, in *ByID) (record, error) {
			found, err := a.service.Result(ctx, c.who, in.ID)
			return recordOf(found), err
		})

	a.correctionCalls()
	a.confirmationCalls()
}

func countsOf(found map[attest.Standing]int) standingCounts {
	out := standingCounts{Lacking: make(map[string]int)}
	for _, l := range lacks {
		out.Lacking[l.name] = 0
	}
	for standing, n := range found {
		out.Total += n
		switch state, lacking := stateOf(standing); state {
		case stateReady:
			out.Ready += n
		case stateInBundle:
			out.InBundle += n
		default:
			for _, name := range lacking {
				out.Lacking[name] += n
			}
		}
	}
	return out
}
