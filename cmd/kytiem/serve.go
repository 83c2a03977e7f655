package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"kytiem/certs"
	"kytiem/cmd/terminal"
	"kytiem/signer"
)

// Bounds of the HTTP server. Bodies and slow senders are bounded by the calls themselves,
// which know what they expect.
const (
	headerTimeout = 10 * time.Second
	writeTimeout  = 30 * time.Minute // a net: streams of events and files set their own
	idleTimeout   = 2 * time.Minute
	headerBytes   = 16 << 10
	stopTimeout   = 20 * time.Second // for calls and jobs under way

	// softLimit is how much of Go's memory, in bytes, is filled before garbage is collected as
	// often as it takes. The pages of a SQLite file come on top.
	softLimit = 128 << 20

	// tsaPatience is how long a start waits for the time-stamping authority; whatever it
	// says later still counts.
	tsaPatience = 500 * time.Millisecond
)

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "chạy dịch vụ: cơ sở dữ liệu, các bước, API · run the service: store, steps, API",
		Long: "Runs the service until it is told to stop (SIGTERM, SIGINT; a second one ends it at once), with the settings of\n" +
			"these variables. One that is unknown, or contradicts another, ends it before it begins.\n\n" + settingsHelp(),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := readSettings(os.Environ())
			if err != nil {
				return err
			}
			return s.serve(cmd.Context(), cmd.ErrOrStderr(), func(url string) {
				fmt.Fprintf(cmd.OutOrStdout(), "kytiem: %s\n", url)
			})
		},
	}
}

// serve runs the service until ctx is done, and says when it is ready.
func (s *settings) serve(ctx context.Context, stderr io.Writer, ready func(url string)) error {
	return s.with(ctx, stderr, serving, func(one *service) error { return one.serve(ctx, ready) })
}

func (one *service) serve(ctx context.Context, ready func(url string)) error {
	jobs, stopJobs := context.WithCancel(context.WithoutCancel(ctx))
	defer stopJobs()
	asked := make(chan error, 1)
	go func() { asked <- one.checkTSA(jobs) }()
	handler, err := one.handler(ctx.Done())
	if err != nil {
		return err
	}
	select {
	case err := <-asked:
		if err != nil {
			return err
		}
	case <-time.After(tsaPatience):
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", one.settings.Listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", one.settings.Listen, err)
	}
	server := bounded(handler, one.log)
	served, worked := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	go func() { worked <- one.Work(jobs) }()
	if one.settings.Trust == "" {
		one.log.WarnContext(ctx, "no trust anchors (KYTIEM_TRUST): nothing can be signed, no signature passes")
	}
	terminal.CollectSeldom(softLimit) // what was for the start alone is collected before
	one.log.InfoContext(ctx, "service ready", slog.String("address", listener.Addr().String()))
	ready("http://" + listener.Addr().String())

	for err == nil && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case err = <-asked: // nil if it only took long
		case err = <-served:
			err = fmt.Errorf("serving: %w", err)
		case err = <-worked: // which nobody told to end
			err = fmt.Errorf("working jobs: %w", cmp.Or(err, errJobsEnded))
			worked <- nil
		}
	}
	one.log.InfoContext(ctx, "service stopping")
	stopJobs()
	return errors.Join(err, one.stop(ctx, server, worked))
}

// bounded is the HTTP server, which waits for nobody for ever.
func bounded(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: headerTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: headerBytes, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
}

var errJobsEnded = errors.New("they ended by themselves")

// stop lets calls and jobs under way come to their end, for a while. What is cut off then
// is taken again by whoever asked for it.
func (one *service) stop(ctx context.Context, server *http.Server, worked <-chan error) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer done()
	if err := server.Shutdown(ctx); err != nil {
		one.log.WarnContext(ctx, "calls were cut off at stopping", slog.String("error", err.Error()))
		_ = server.Close() // there is nobody left to tell
	}
	select {
	case err := <-worked:
		if errors.Is(err, context.Canceled) {
			return nil
		}
		return err
	case <-ctx.Done():
		one.log.WarnContext(ctx, "jobs were cut off at stopping")
		return nil
	}
}

// checkTSA has each authority time-stamp nothing. A chain that leads nowhere is a wrong setting, and
// no waiting mends it; an authority that does not answer costs a level and the daily stamp
// until it does.
func (one *service) checkTSA(ctx context.Context) error {
	for n, tsa := range one.tsas {
		if err := one.checkAuthority(ctx, n, tsa); err != nil {
			return err
		}
	}
	return nil
}

func (one *service) checkAuthority(ctx context.Context, n int, tsa *signer.TSA) error {
	_, _, err := tsa.Timestamp(ctx, [32]byte{})
	for _, wrong := range [...]error{certs.ErrNoPath, certs.ErrConstraints, certs.ErrUsage, certs.ErrWeak} {
		if errors.Is(err, wrong) {
			return fmt.Errorf("KYTIEM_TSA, dấu thời gian của địa chỉ thứ %d không dẫn về chứng thư gốc trong KYTIEM_TRUST · "+
				"the time-stamps of address %[1]d do not lead to an anchor in KYTIEM_TRUST: %w: %w", n+1, errSettings, err)
		}
	}
	if err != nil && ctx.Err() == nil {
		one.log.WarnContext(ctx, "time-stamping authority gives no stamp", slog.Int("authority", n+1), slog.String("error", err.Error()))
	}
	return nil
}
