package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"kytiem/attest"
	"kytiem/intake"
)

// problem is the body of an answer that is no success (RFC 9457).
type problem struct {
	Type    string  `json:"type" format:"uri-reference" doc:"Loại vấn đề, ổn định · kind of problem, stable" example:"/problems/not-found"`
	Title   string  `json:"title" doc:"Theo Accept-Language, mặc định tiếng Việt · by Accept-Language, Vietnamese by default"`
	Status  int     `json:"status" minimum:"400" maximum:"599"`
	Code    string  `json:"code" doc:"Như phần cuối của type · as the end of type" example:"not-found"`
	Detail  string  `json:"detail" doc:"Điều gì sai và cần làm gì, theo Accept-Language · what is wrong and what to do, by Accept-Language"`
	VI      string  `json:"vi" doc:"detail bằng tiếng Việt · detail in Vietnamese"`
	EN      string  `json:"en" doc:"detail bằng tiếng Anh · detail in English"`
	Request string  `json:"request" doc:"Mã lời gọi để hỏi người vận hành · id of the call, for asking the operator" example:"AAAAAAAAAAAAAAAAAAAAAAAAAA"`
	Errors  []fault `json:"errors,omitempty" doc:"Từng chỗ sai · each place that is wrong"`

	RequestErrors []requestError `json:"requestErrors,omitempty" doc:"Chỉ ở /validate: như SiVa nói · at /validate only: as SiVa tells it"`
}

// fault is one place that is wrong. It never repeats what was sent.
type fault struct {
	Location string `json:"location,omitempty" doc:"body.unit, query.limit, path.id …" example:"body.unit"`
	Line     int    `json:"line,omitempty" doc:"Dòng của tệp · line of a file"`
	Column   string `json:"column,omitempty" doc:"Cột của tệp · column of a file" example:"id_number"`
	Code     string `json:"code" example:"required"`
	Warning  bool   `json:"warning,omitempty" doc:"Không ngăn cản · no obstacle"`
	VI       string `json:"vi"`
	EN       string `json:"en"`
}

// faultsOf lists the places that an error names.
func faultsOf(err error) []fault {
	var (
		file  *intake.FileError
		wrong *attest.InvalidError
		here  *invalidError
		there *requestFault
		away  *attest.OutsideError
	)
	switch {
	case errors.As(err, &here):
		return here.faults
	case errors.As(err, &there):
		return there.faults
	case errors.As(err, &away):
		faults := make([]fault, 0, len(away.Results))
		for _, id := range away.Results {
			faults = append(faults, fault{Location: "/v1/records/" + id, Code: "outside-period",
				VI: "Ngày tiêm ngoài thời gian của đơn vị.", EN: "The day of the dose lies outside the time of the unit."})
		}
		return faults
	case errors.As(err, &file):
		return findingsOf("file", file.Finding)
	case errors.As(err, &wrong):
		return findingsOf("body.fields", wrong.Findings...)
	}
	return nil
}

func findingsOf(location string, findings ...intake.Finding) []fault {
	faults := make([]fault, 0, len(findings))
	for _, f := range findings {
		faults = append(faults, fault{Location: location, Line: f.Line, Column: f.Column, Code: f.Code, Warning: f.Warning, VI: f.VI, EN: f.EN})
	}
	return faults
}

// fail answers with what went wrong. What stands in no table is told to the log.
func (c *call) fail(err error) {
	k := kindOf(err)
	if k.status == http.StatusInternalServerError && c.fault == nil || k.retry > 0 {
		c.fault = err
	}
	if errors.Is(err, context.Canceled) { // nobody reads this
		c.gin.Writer.WriteHeader(statusGone)
		return
	}
	c.failAs(k, faultsOf(err))
}

// statusGone is what is written to the log for a caller who hung up.
const statusGone = 499

func (c *call) failAs(k *kind, faults []fault) {
	h := c.gin.Writer.Header()
	if k.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="kytiem"`)
	}
	if k.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(k.retry))
	}
	p := c.problem(k, faults)
	body, err := json.Marshal(p)
	if err != nil { // of strings and numbers there is none
		body = []byte("{}")
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Language", map[bool]string{false: "vi", true: "en"}[c.english()])
	if s, watched := c.gin.Request.Body.(*sender); watched && !s.over {
		// The rest of the body is not waited for, which ends the connection (see unwatch): the
		// next call on it would be one of a caller who hung up.
		h.Set("Connection", "close")
	}
	_ = http.NewResponseController(c.gin.Writer).SetWriteDeadline(time.Now().Add(netTime)) // a body may have taken the time that the server gave
	c.gin.Writer.WriteHeader(k.status)
	_, _ = c.gin.Writer.Write(append(body, '\n'))
}

func (c *call) problem(k *kind, faults []fault) problem {
	p := problem{Type: "/problems/" + k.code, Title: k.titleVI, Status: k.status, Code: k.code, Detail: k.vi, VI: k.vi, EN: k.en,
		Request: c.id, Errors: faults}
	if c.english() {
		p.Title, p.Detail = k.titleEN, k.en
	}
	if c.op != nil && c.op.foreign {
		p.RequestErrors = requestErrors(faults, k.vi+" · "+k.en)
	}
	return p
}
