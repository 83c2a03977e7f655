package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"kytiem/attest"
)

// Times of a stream of events.
const (
	eventEvery = time.Second      // how often the state is asked for
	beatEvery  = 15 * time.Second // how often something is sent, so that proxies keep the line
	eventTime  = 10 * time.Second // how long one event may take to a reader
)

// eventCall streams a request's changes of state (the event stream of HTML, 9.2.5): the
// state as it is, each change, and the end when it is closed or the time of the stream is
// over. Every server of several tells it, since each asks the database.
func (a *api) eventCall() {
	o := operation{id: "watch-signing-request", method: http.MethodGet, path: "/v1/signing-requests/{id}/events", tag: tagSigning, stream: true,
		vi: "Theo dõi trạng thái yêu cầu ký (SSE)", en: "Watch a signing request (SSE)",
		about: "event: state, data: như GET …/{id}. Kết thúc khi yêu cầu đóng; hết giờ thì gọi lại. · " +
			"event: state, data: as GET …/{id}. Ends when the request is closed; when its time is over, call again.",
		acts: signingActs(), problems: []string{"not-found", "streams"}}
	o.outcomes = map[int]*outcome{http.StatusOK: {about: "text/event-stream", files: []string{"text/event-stream"}}}
	register(a, o, func(ctx context.Context, c *call, in *ByRequest) (reply, error) {
		now, err := a.service.SigningRequest(ctx, c.who, in.ID)
		if err != nil {
			return reply{}, err
		}
		return reply{status: http.StatusOK, serve: func(http.ResponseWriter, *http.Request) {
			if err := a.watching.enter(c.who.Account); err != nil {
				c.fail(err)
				return
			}
			defer a.watching.leave(c.who.Account)
			c.fault = c.events(ctx, now)
		}}, nil
	})
}

// events writes a stream until there is nothing more to tell.
func (c *call) events(ctx context.Context, now attest.SigningRequest) error {
	w := c.gin.Writer
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	control := http.NewResponseController(w)
	defer func() { _ = control.SetWriteDeadline(time.Now().Add(netTime)) }()
	send := func(text string) error {
		_ = control.SetWriteDeadline(time.Now().Add(eventTime)) // a writer without deadlines is none of a network
		if _, err := w.WriteString(text); err != nil {
			return nil //nolint:nilerr // the reader is gone; ctx says so
		}
		return control.Flush()
	}
	ticks, over, beaten := time.NewTicker(eventEvery), time.NewTimer(c.api.o.Events), time.Now()
	defer ticks.Stop()
	defer over.Stop()
	last := ""
	for {
		data, err := json.Marshal(requestOf(now))
		if err != nil {
			return err
		}
		switch text := string(data); {
		case text != last:
			last, beaten = text, time.Now()
			err = send("event: state\ndata: " + text + "\n\n")
		case time.Since(beaten) > beatEvery:
			beaten = time.Now()
			err = send(":\n\n")
		}
		if err != nil || now.State != "open" {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-c.api.o.Stopping:
			return nil
		case <-over.C:
			return nil
		case <-ticks.C:
		}
		// The token may have been revoked meanwhile, and the database may be gone for a while.
		if _, err := c.api.service.Authenticate(ctx, c.token); err != nil {
			return fmt.Errorf("asking who watches: %w", err)
		}
		if now, err = c.api.service.SigningRequest(ctx, c.who, now.ID); err != nil {
			return fmt.Errorf("watching a request: %w", err)
		}
	}
}
