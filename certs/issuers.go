package certs

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits on the search for issuers. It comes before anything is known of the certificate that names the addresses, so that
// a document of anybody's making decides what is fetched.
const (
	maxClimb        = 4               // addresses asked for one leaf: real paths have two issuers below the anchor
	maxIssuers      = 64 << 10        // bytes of one answer; authorities' have two thousand
	maxIssuerCerts  = 16              // in one certs-only message
	climbTime       = 5 * time.Second // for all of it
	issuersFor      = time.Hour       // they hardly ever change
	noIssuersFor    = time.Minute     // an outage must not be asked about by every document
	maxCachedIssues = 200             // addresses
)

// Issuers implements [IssuerSource] by the addresses that certificates carry (caIssuers of authorityInfoAccess, RFC 5280,
// 4.2.2.1). Only what is on the way up is asked for, and only a certificate whose key signed the one below is taken. Other
// than responders and lists, which are asked about certificates that lead to an anchor, these addresses are a stranger's
// word: they are public ones, or refused, unless PrivateIssuers allows others.
func (h *HTTP) Issuers(ctx context.Context, leaf *x509.Certificate, known []*x509.Certificate) []*x509.Certificate {
	ctx, cancel := context.WithTimeout(ctx, climbTime)
	defer cancel()
	issuers := bySubject(known)
	var found []*x509.Certificate
	asked, last := 0, leaf
	for path := (Path{leaf}); len(path) < maxPathLength && !bytes.Equal(last.RawIssuer, last.RawSubject); path = append(path, last) {
		above := issuerOf(last, issuers[string(last.RawIssuer)])
		if above == nil {
			for _, url := range last.IssuingCertificateURL[:min(len(last.IssuingCertificateURL), maxURLs)] {
				if asked++; asked > maxClimb || ctx.Err() != nil {
					return found
				}
				if above = issuerOf(last, h.issuersAt(ctx, url)); above != nil {
					found = append(found, above)
					break
				}
			}
		}
		if above == nil || path.has(above) {
			return found
		}
		last = above
	}
	return found
}

func issuerOf(cert *x509.Certificate, candidates []*x509.Certificate) *x509.Certificate {
	i := slices.IndexFunc(candidates, func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, cert.RawIssuer) && signedBy(cert, c)
	})
	if i < 0 {
		return nil
	}
	return candidates[i]
}

// issuersAt fetches what lies at an address; nil where nothing of use does.
func (h *HTTP) issuersAt(ctx context.Context, url string) []*x509.Certificate {
	now := h.now()
	if list, known := h.issuers.at(url, now); known {
		return list
	}
	raw, err := h.fetchFrom(ctx, h.strangers(), url, nil, maxIssuers)
	if ctx.Err() != nil { // who gave up waiting has learnt nothing
		return nil
	}
	var list []*x509.Certificate
	if err == nil {
		list = ParseIssuers(raw)
	}
	h.issuers.keep(url, list, now)
	return list
}

// ParseIssuers reads a certificate in DER, as RFC 5280, 4.2.2.1, wants it, in PEM, or a certs-only message (RFC 5751,
// 3.2.2), as the national root's own address gives it. What is none of these is no certificate; what cannot be read among
// several is passed over.
func ParseIssuers(raw []byte) (list []*x509.Certificate) {
	if block, _ := pem.Decode(raw); block != nil {
		raw = block.Bytes
	}
	if cert, err := x509.ParseCertificate(raw); err == nil {
		return []*x509.Certificate{cert}
	}
	var content, signed, certificates cryptobyte.String
	input := cryptobyte.String(raw)
	if !input.ReadASN1(&content, casn1.SEQUENCE) || !input.Empty() || // RFC 5652, 3
		!content.SkipASN1(casn1.OBJECT_IDENTIFIER) || !content.ReadASN1(&signed, explicit(0)) ||
		!signed.ReadASN1(&signed, casn1.SEQUENCE) || !signed.SkipASN1(casn1.INTEGER) || // RFC 5652, 5.1
		!signed.SkipASN1(casn1.SET) || !signed.SkipASN1(casn1.SEQUENCE) || !signed.ReadASN1(&certificates, explicit(0)) {
		return nil
	}
	for !certificates.Empty() && len(list) < maxIssuerCerts {
		var der cryptobyte.String
		if !certificates.ReadASN1Element(&der, casn1.SEQUENCE) {
			break
		}
		if cert, err := x509.ParseCertificate(der); err == nil {
			list = append(list, cert)
		}
	}
	return list
}

// issuerCache remembers what addresses gave, and that they gave nothing.
type issuerCache struct {
	mu   sync.Mutex
	seen map[string]issuersSeen
}

type issuersSeen struct {
	list  []*x509.Certificate
	until time.Time
}

func (c *issuerCache) at(url string, now time.Time) ([]*x509.Certificate, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen, ok := c.seen[url]
	return seen.list, ok && now.Before(seen.until)
}

func (c *issuerCache) keep(url string, list []*x509.Certificate, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil || len(c.seen) >= maxCachedIssues {
		c.seen = make(map[string]issuersSeen)
	}
	until := now.Add(issuersFor)
	if len(list) == 0 {
		until = now.Add(noIssuersFor)
	}
	c.seen[url] = issuersSeen{list, until}
}
