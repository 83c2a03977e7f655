package certs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

const maxRedirects = 3

// fetch posts body to the address as an OCSP request (RFC 6960, A.1), or gets it if body is nil (RFC 2585), and answers at
// most limit bytes. Its errors carry no part of the URL, which may name a person.
func (h *HTTP) fetch(ctx context.Context, url string, body []byte, limit int64) ([]byte, error) {
	h.once.Do(func() { h.client = newClient(h.AllowPrivate) })
	return h.fetchFrom(ctx, h.client, url, body, limit)
}

// strangers is the client for what nobody vouches for.
func (h *HTTP) strangers() *http.Client {
	h.outside.Do(func() { h.strange = newClient(h.PrivateIssuers) })
	return h.strange
}

func (h *HTTP) fetchFrom(ctx context.Context, client *http.Client, url string, body []byte, limit int64) ([]byte, error) {
	timeout := h.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	method := http.MethodGet
	if body != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil || !webAddress(request) {
		return nil, ErrBlocked
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/ocsp-request")
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, connectionError(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP status %d: %w", response.StatusCode, ErrUnreachable)
	}
	// One byte more than allowed shows that there is more, without reading an endless answer.
	raw, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, connectionError(err)
	}
	if int64(len(raw)) > limit {
		return nil, ErrTooLarge
	}
	return raw, nil
}

// errNoAnswer is an address where nobody answers, whatever is asked. Its text is that of ErrUnreachable, which it wraps.
var errNoAnswer = fmt.Errorf("%w", ErrUnreachable)

func connectionError(err error) error {
	switch {
	case errors.Is(err, ErrBlocked):
		return ErrBlocked
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in time: %w", errNoAnswer)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%w: %w", errNoAnswer, context.Canceled)
	}
	return errNoAnswer
}

// webAddress keeps to HTTP: a certificate may name ldap, ftp or file.
func webAddress(r *http.Request) bool {
	return (r.URL.Scheme == "http" || r.URL.Scheme == "https") && r.URL.Host != "" && r.URL.User == nil
}

func newClient(allowPrivate bool) *http.Client {
	dialer := &net.Dialer{}
	if !allowPrivate {
		// After name resolution, so that a name which points inside, or does so only at the second look, is caught.
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if target, err := netip.ParseAddrPort(address); err != nil || !public(target.Addr()) {
				return ErrBlocked
			}
			return nil
		}
	}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                  nil, // behind a proxy of the environment the guard would see only the proxy's address
			DialContext:            dialer.DialContext,
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns:           10,
			IdleConnTimeout:        30 * time.Second,
			DisableCompression:     true, // a compressed answer could unpack to any size
		},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || !webAddress(next) {
				return ErrBlocked
			}
			return nil
		},
	}
}

// public says whether an address is one of the public Internet (IANA special-purpose address registries).
func public(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() {
		return false
	}
	for _, special := range [...]string{
		"0.0.0.0/8",      // this network
		"100.64.0.0/10",  // shared by carriers
		"192.0.0.0/24",   // protocol assignments
		"198.18.0.0/15",  // benchmarking
		"240.0.0.0/4",    // reserved
		"64:ff9b::/96",   // NAT64, carries any IPv4 address
		"64:ff9b:1::/48", // the same, local
		"2002::/16",      // 6to4, the same
		"fec0::/10",      // site-local, deprecated
	} {
		if netip.MustParsePrefix(special).Contains(address) {
			return false
		}
	}
	return true
}
