package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"sync"
	"time"
)

// Limits on what is remembered, so that documents full of made-up addresses cannot fill the memory of a service.
const (
	maxCachedOCSP     = 10_000
	maxCachedCRLBytes = 64 << 20
)

// cache remembers acceptable answers until their nextUpdate. What names its validity by no nextUpdate is not kept, and
// failures are not either: an authority's outage must not outlast itself.
type cache struct {
	mu       sync.Mutex
	answers  map[pair]Revocation
	lists    map[listKey]cachedList
	crlBytes int
	sha1Only map[string]bool // addresses of responders that know no other hash
}

type cachedList struct {
	*crl
	fetched time.Time
}

// refetch is how often at most a list that is current, but not as new as asked for, is fetched again: authorities publish
// by the hour or the day, lists have megabytes, and many signatures may wait for the same one.
const refetch = 10 * time.Minute

// pair is a certificate and the issuer that the answer was checked against.
type pair struct{ cert, issuer [sha256.Size]byte }

type listKey struct {
	url    string
	issuer [sha256.Size]byte
}

func pairOf(cert, issuer *x509.Certificate) pair {
	return pair{sha256.Sum256(cert.Raw), sha256.Sum256(issuer.Raw)}
}

func (c *cache) ocsp(cert, issuer *x509.Certificate, w window) (Revocation, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, ok := c.answers[pairOf(cert, issuer)]
	return answer, ok && !w.at.After(answer.NextUpdate) && (w.recent(answer.ThisUpdate) || answer.Status == Revoked)
}

// keepOCSP takes in an answer, and gives the one to go by: an older one that comes later, as from a responder that lags
// behind or from somebody who replays it, does not make forgotten that the certificate was revoked or suspended since.
func (c *cache) keepOCSP(cert, issuer *x509.Certificate, answer Revocation) Revocation {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := pairOf(cert, issuer)
	switch known, ok := c.answers[key]; {
	case ok && known.ThisUpdate.After(answer.ThisUpdate):
		if known.Status != Good {
			return known
		}
		return answer
	case answer.NextUpdate.IsZero():
		return answer
	}
	// Starting afresh needs no bookkeeping, and costs a few questions once in ten thousand.
	if c.answers == nil || len(c.answers) >= maxCachedOCSP {
		c.answers = make(map[pair]Revocation)
	}
	c.answers[key] = answer
	return answer
}

func (c *cache) crl(url string, issuer *x509.Certificate, w window, now time.Time) (*crl, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	list, ok := c.lists[listKey{url, sha256.Sum256(issuer.Raw)}]
	return list.crl, ok && !w.at.After(list.nextUpdate) && (w.recent(list.thisUpdate) || now.Sub(list.fetched) < refetch)
}

// keepCRL takes in a list, and gives the newest that is known from its address: copies of one address are not always of one
// age, and what an older list does not have may have been revoked since.
func (c *cache) keepCRL(url string, issuer *x509.Certificate, list *crl, now time.Time) *crl {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := listKey{url, sha256.Sum256(issuer.Raw)}
	old, known := c.lists[key]
	switch {
	case known && old.thisUpdate.After(list.thisUpdate):
		c.lists[key] = cachedList{old.crl, now}
		return old.crl
	case list.nextUpdate.IsZero():
		return list
	case known:
		c.crlBytes -= len(old.raw)
	}
	if c.lists == nil || c.crlBytes+len(list.raw) > maxCachedCRLBytes {
		c.lists, c.crlBytes = make(map[listKey]cachedList), 0
	}
	c.lists[key] = cachedList{list, now}
	c.crlBytes += len(list.raw)
	return list
}

// knowsSHA256 is whether a responder has not yet been found to know SHA-1 only.
func (c *cache) knowsSHA256(url string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.sha1Only[url]
}

func (c *cache) noteSHA1(url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sha1Only == nil || len(c.sha1Only) >= maxCachedOCSP {
		c.sha1Only = make(map[string]bool)
	}
	c.sha1Only[url] = true
}
