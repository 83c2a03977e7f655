package devca

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Fault makes an address misbehave. The zero value is no fault.
type Fault struct {
	Delay  time.Duration // before anything is sent
	Status int           // instead of 200; the answer is then empty unless there is a Body
	Body   []byte        // instead of the true answer: garbage, a forgery, too much of it
}

// Break gives a path of [CA.Handler] ("/ocsp", "/issuing.crl", "/tsa", …) a fault, or with the zero Fault mends it.
func (ca *CA) Break(path string, fault Fault) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	ca.faults[path] = fault
}

// Serve listens on addr, which must be on 127.0.0.1 (port 0 takes a free one), issues the authority's own certificates anew
// with that address in them, and answers until ctx is done. It returns at once, with the base URL. Call it before Issue:
// what was issued earlier says nowhere where to ask.
func (ca *CA) Serve(ctx context.Context, addr string) (string, error) {
	// Whoever could reach it could have certificates revoked and time-stamps made.
	if host, _, err := net.SplitHostPort(addr); err != nil || host != "127.0.0.1" {
		return "", fmt.Errorf("the development CA serves on 127.0.0.1 only, not on %q", addr)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("opening the development CA's address: %w", err)
	}
	base := "http://" + listener.Addr().String()

	ca.mu.Lock()
	ca.url = base
	err = ca.certify()
	if err == nil {
		err = ca.save()
	}
	ca.mu.Unlock()
	if err != nil {
		return "", errors.Join(err, listener.Close())
	}

	server := &http.Server{Handler: ca.Handler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() { _ = server.Serve(listener) }() // ends with ErrServerClosed when ctx is done
	return base, nil
}

// URL is the base address after Serve, empty before.
func (ca *CA) URL() string {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	return ca.url
}

// Handler answers at /ocsp (POST, and GET with the request in base64 after it), /root.crl, /issuing.crl, /tsa-root.crl,
// /root.crt, /issuing.crt, /tsa-root.crt (DER) and /tsa (POST, RFC 3161).
func (ca *CA) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		// Not by ServeMux, which would take the "//" that base64 may have for a slip.
		if strings.HasPrefix(path, "/ocsp/") {
			path = "/ocsp"
		}
		ca.mu.Lock()
		fault := ca.faults[path]
		ca.mu.Unlock()
		if fault.Delay > 0 {
			select {
			case <-time.After(fault.Delay):
			case <-r.Context().Done():
				return
			}
		}
		if fault.Status != 0 {
			w.WriteHeader(fault.Status)
		}
		if fault.Status != 0 || fault.Body != nil {
			_, _ = w.Write(fault.Body)
			return
		}

		body, contentType, err := ca.answer(path, r)
		switch {
		case errors.Is(err, errNotFound):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
		default:
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write(body)
		}
	})
}

var errNotFound = errors.New("not found")

func (ca *CA) answer(path string, r *http.Request) (body []byte, contentType string, err error) {
	switch path {
	case "/ocsp":
		request, err := ocspRequestOf(r)
		if err != nil {
			return nil, "", err
		}
		body, err = ca.answerOCSP(request)
		return body, "application/ocsp-response", err
	case "/tsa":
		request, err := posted(r)
		if err != nil {
			return nil, "", err
		}
		body, err = ca.stamp(request)
		return body, "application/timestamp-reply", err
	case "/root.crl":
		body, err = ca.CRL(ca.Root())
		return body, "application/pkix-crl", err
	case "/issuing.crl":
		body, err = ca.CRL(ca.Issuing())
		return body, "application/pkix-crl", err
	case "/tsa-root.crl":
		body, err = ca.CRL(ca.TSARoot())
		return body, "application/pkix-crl", err
	case "/root.crt":
		return ca.Root().Certificate.Raw, "application/pkix-cert", nil
	case "/issuing.crt":
		return ca.Issuing().Certificate.Raw, "application/pkix-cert", nil
	case "/tsa-root.crt":
		return ca.TSARoot().Certificate.Raw, "application/pkix-cert", nil
	}
	return nil, "", errNotFound
}

// ocspRequestOf takes the request out of a POST or a GET (RFC 6960, A.1).
func ocspRequestOf(r *http.Request) ([]byte, error) {
	if r.Method == http.MethodPost {
		return posted(r)
	}
	encoded, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/ocsp/"))
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(encoded)
}

func posted(r *http.Request) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, errNotFound
	}
	return io.ReadAll(io.LimitReader(r.Body, 64<<10))
}

// CRL makes an authority's complete list (RFC 5280, 5) as of now.
func (ca *CA) CRL(issuer Authority) ([]byte, error) {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	now := ca.options.Now().UTC().Truncate(time.Second)
	list := &x509.RevocationList{
		Number: big.NewInt(now.Unix()), ThisUpdate: now, NextUpdate: now.Add(ca.options.CRLFor),
	}
	for id, entry := range ca.revoked {
		serial, ok := new(big.Int).SetString(id, 16)
		if !ok || ca.issued[id] != issuer.Certificate.Subject.CommonName || entry.At.After(now) {
			continue
		}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: serial, RevocationTime: entry.At, ReasonCode: entry.Reason})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, issuer.Certificate, issuer.Key)
	if err != nil {
		return nil, fmt.Errorf("making the CRL: %w", err)
	}
	return der, nil
}
