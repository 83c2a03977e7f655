package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"kytiem/attest"
	"kytiem/bundle"
)

// call is one call under way.
type call struct {
	api   *api
	op    *operation // nil for what is none of ours
	gin   *gin.Context
	id    string // told to the caller and written to the log, so that both can be brought together
	begun time.Time

	who   attest.Actor
	token string         // never logged
	sum   bundle.HexHash // of the body, where it is JSON
	lot   *gate          // that it was let in by
	fault error          // what the caller is not told
}

type callKey struct{}

// callOf finds the call that a context belongs to.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// enter is what every call goes through before its parameters are looked at: it is
// counted, let in or sent away, its caller found, and its body bounded.
func (a *api) enter(o *operation) func(huma.Context, func(huma.Context)) {
	return func(h huma.Context, next func(huma.Context)) {
		c := a.begin(humagin.Unwrap(h), o)
		defer c.end()
		if err := c.admit(h.Context()); err != nil {
			c.fail(err)
			return
		}
		next(huma.WithValue(h, callKey{}, c))
	}
}

// stray answers what is no call of ours.
func (a *api) stray(g *gin.Context, why error) {
	c := a.begin(g, nil)
	defer c.end()
	c.fail(why)
}

func (a *api) begin(g *gin.Context, o *operation) *call {
	c := &call{api: a, op: o, gin: g, id: bundle.NewID(), begun: time.Now()}
	a.metrics.begun()
	h := g.Writer.Header()
	h.Set("X-Request-Id", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store") // answers hold personal data; files that do not say so themselves
	c.watch()
	return c
}

// admit lets a call in, or says why not.
func (c *call) admit(ctx context.Context) error {
	lot := c.api.calls
	if c.op.stream {
		lot = c.api.streams
	}
	if err := lot.enter(ctx); err != nil {
		return err
	}
	c.lot = lot
	if err := c.authenticate(ctx); err != nil {
		return err
	}
	if !readable(c.gin.Request.URL) {
		return invalid(fault{Location: "path", Code: "form"})
	}
	if c.who.Anybody() {
		if err := c.api.purses.spend(c.api.address(c.gin.Request), c.op.price()); err != nil {
			return err
		}
	}
	if c.op.json {
		return c.takeJSON()
	}
	return nil
}

// readable reports whether an address is text: databases differ in what they do with
// bytes that are none.
func readable(u *url.URL) bool {
	text := u.Path
	if strings.Contains(u.RawQuery, "%") {
		query, err := url.QueryUnescape(u.RawQuery)
		if err != nil {
			return false
		}
		text += query
	}
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// end answers a call that fell over, and writes down how it went.
func (c *call) end() {
	r, w := c.gin.Request, c.gin.Writer
	if fallen := recover(); fallen != nil {
		if err, ok := fallen.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(fallen) //nolint:forbidigo // net/http's own way to cut a connection
		}
		c.fault = fmt.Errorf("panic: %v\n%s", fallen, debug.Stack())
		if !w.Written() {
			c.fail(errFellOver)
		}
	}
	w.WriteHeaderNow()
	c.unwatch()
	if c.lot != nil {
		c.lot.leave()
	}
	route, status, took := unmatched, w.Status(), time.Since(c.begun)
	if c.op != nil {
		route = c.op.path
	}
	c.api.metrics.ended(route, r.Method, status, took)

	level := slog.LevelInfo
	if status >= http.StatusInternalServerError && status != http.StatusNotImplemented {
		level = slog.LevelError
	}
	attrs := append(make([]slog.Attr, 0, 8), slog.String("method", r.Method), slog.String("route", route), slog.Int("status", status),
		slog.Duration("took", took), slog.Int("bytes", max(0, w.Size())), slog.String("account", c.who.Account), slog.String("request", c.id))
	if c.fault != nil {
		attrs = append(attrs, slog.String("error", c.fault.Error()))
	}
	c.api.log.LogAttrs(r.Context(), level, "call", attrs...)
}

// unmatched stands for the route of what is no call of ours.
const unmatched = "unmatched"
