package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// reply is an answer that is a success: JSON, or what serve writes.
type reply struct {
	status int
	body   []byte
	serve  func(http.ResponseWriter, *http.Request)
	err    error // of encoding
}

// told encodes an answer.
func told(status int, v any) reply {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return reply{status: status, body: b.Bytes(), err: err}
}

// done is an answer without a body.
func done[O any](O) reply { return reply{status: http.StatusNoContent, body: []byte{}} }

// output is what huma is given: it writes nothing itself.
type output struct {
	Body func(huma.Context)
}

// register makes a call out of its declaration and what it does.
func register[I any](a *api, o operation, do func(context.Context, *call, *I) (reply, error)) {
	d := a.declare(&o)
	huma.Register(a.huma, d, func(ctx context.Context, in *I) (*output, error) {
		c := callOf(ctx)
		r, err := do(ctx, c, in)
		return c.settle(r, err), nil
	})
	a.declareBody(&o)
}

// settle answers a call, by itself: huma would choose the form.
func (c *call) settle(r reply, err error) *output {
	if err == nil {
		err = r.err
	}
	if err != nil {
		return &output{Body: func(huma.Context) { c.fail(err) }}
	}
	return &output{Body: func(huma.Context) { c.write(r) }}
}

func (c *call) write(r reply) {
	w := c.gin.Writer
	if r.serve != nil {
		r.serve(w, c.gin.Request)
		return
	}
	if len(r.body) == 0 {
		w.WriteHeader(r.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(r.body)))
	c.patiently(c.api.o.SlowSender, func() {
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body) // a caller who hung up is noticed by net/http
	})
}

// look is a call that changes nothing and answers with JSON.
func look[I, B any](a *api, o operation, do func(context.Context, *call, *I) (B, error)) {
	o.returns(http.StatusOK, reflect.TypeFor[B]())
	register(a, o, func(ctx context.Context, c *call, in *I) (reply, error) {
		found, err := do(ctx, c, in)
		if err != nil {
			return reply{}, err
		}
		return told(http.StatusOK, found), nil
	})
}

// change is a call with a JSON body, or none, that changes something.
func change[I, O any](a *api, o operation, do func(context.Context, *call, *I) (O, error), tell func(O) reply) {
	o.keyed = true
	register(a, o, func(ctx context.Context, c *call, in *I) (reply, error) {
		return once(ctx, c, c.sum, func(ctx context.Context) (O, error) { return do(ctx, c, in) }, tell)
	})
}

// Listing is how a list is asked for.
type Listing struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Số phần tử nhiều nhất · items at most"`
	Cursor string `query:"cursor" maxLength:"500" doc:"next của trang trước · next of the page before"`
}

// page is a part of a list.
type page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"cursor của trang sau; không có ở trang cuối · cursor of the next page; none on the last"`
}

// pageOf tells of a part of a list.
func pageOf[S, T any](found []S, next string, tell func(S) T) page[T] {
	items := make([]T, len(found))
	for i, one := range found {
		items[i] = tell(one)
	}
	return page[T]{items, next}
}
