package certs

import (
	"bytes"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// crl is a CertificateList (RFC 5280, 5.1) whose entries stay as bytes and are searched where they lie. crypto/x509 makes
// two structures of each entry, which turns a CRL of 20 MB into several hundred, ignores what follows the list, and knows
// no scopes.
type crl struct {
	raw, tbs, issuer       []byte
	thisUpdate, nextUpdate time.Time
	entries                cryptobyte.String // contents of revokedCertificates
	extensions             []pkix.Extension
	algorithm              pkix.AlgorithmIdentifier
	signature              []byte
	scope                  crlScope
}

type crlEntry struct {
	at     time.Time
	reason int
}

// readCRL reads DER, or PEM, which the national root's own distribution point has been seen to serve against RFC 2585, 3.
func readCRL(raw []byte) (*crl, error) {
	if len(raw) > maxCRL {
		return nil, ErrTooLarge
	}
	if trimmed := bytes.TrimSpace(raw); bytes.HasPrefix(trimmed, []byte("-----BEGIN ")) {
		block, rest := pem.Decode(trimmed)
		if block == nil || block.Type != "X509 CRL" || len(bytes.TrimSpace(rest)) > 0 {
			return nil, ErrMalformed
		}
		raw = block.Bytes
	}

	list := &crl{raw: raw}
	input := cryptobyte.String(raw)
	var outer, tbs, inner, algorithm cryptobyte.String
	if !input.ReadASN1(&outer, casn1.SEQUENCE) || !input.Empty() ||
		!outer.ReadASN1Element(&tbs, casn1.SEQUENCE) ||
		!outer.ReadASN1Element(&algorithm, casn1.SEQUENCE) ||
		!outer.ReadASN1BitStringAsBytes(&list.signature) || !outer.Empty() {
		return nil, ErrMalformed
	}
	list.tbs = tbs
	if rest, err := asn1.Unmarshal(algorithm, &list.algorithm); err != nil || len(rest) > 0 {
		return nil, ErrMalformed
	}

	version := 0 // absent is v1, without extensions; RFC 5280, 5.1.2.1
	var issuer, revoked, extensions cryptobyte.String
	var hasRevoked, hasExtensions bool
	if !tbs.ReadASN1(&tbs, casn1.SEQUENCE) ||
		tbs.PeekASN1Tag(casn1.INTEGER) && !tbs.ReadASN1Integer(&version) || version > 1 ||
		!tbs.ReadASN1Element(&inner, casn1.SEQUENCE) || !bytes.Equal(inner, algorithm) || // 5.1.1.2
		!tbs.ReadASN1Element(&issuer, casn1.SEQUENCE) ||
		!readTime(&tbs, &list.thisUpdate) ||
		startsTime(tbs) && !readTime(&tbs, &list.nextUpdate) ||
		!tbs.ReadOptionalASN1(&revoked, &hasRevoked, casn1.SEQUENCE) ||
		!tbs.ReadOptionalASN1(&extensions, &hasExtensions, explicit(0)) ||
		!tbs.Empty() {
		return nil, ErrMalformed
	}
	list.issuer, list.entries = issuer, revoked
	if hasExtensions {
		if rest, err := asn1.Unmarshal(extensions, &list.extensions); err != nil || len(rest) > 0 {
			return nil, ErrMalformed
		}
	}
	return list, nil
}

// find reads all entries: RFC 5280, 5.3, forbids the use of a CRL with a critical entry extension that is not understood,
// whichever entry has it. Of several entries for one certificate a final revocation outweighs a hold, and the earlier date
// the later.
func (l *crl) find(serial *big.Int) (found crlEntry, listed bool, err error) {
	want, err := asn1.Marshal(serial)
	if err != nil {
		return crlEntry{}, false, ErrMalformed
	}
	for entries := l.entries; !entries.Empty(); {
		var entry, number cryptobyte.String
		if !entries.ReadASN1(&entry, casn1.SEQUENCE) || !entry.ReadASN1Element(&number, casn1.INTEGER) {
			return crlEntry{}, false, ErrMalformed
		}
		next, ok := readEntry(entry)
		if !ok {
			return crlEntry{}, false, ErrEntry
		}
		if bytes.Equal(number, want) && (!listed || outweighs(next, found)) {
			found, listed = next, true
		}
	}
	return found, listed, nil
}

func outweighs(a, b crlEntry) bool {
	if holdA, holdB := a.reason == reasonHold, b.reason == reasonHold; holdA != holdB {
		return holdB
	}
	return a.at.Before(b.at)
}

// oidReasonCode is id-ce-cRLReasons, 2.5.29.21, as the content octets of its encoding.
var oidReasonCode = []byte{0x55, 0x1d, 0x15}

// readEntry reads what follows the serial number.
func readEntry(entry cryptobyte.String) (crlEntry, bool) {
	var read crlEntry
	var extensions cryptobyte.String
	if !readTime(&entry, &read.at) || !entry.ReadOptionalASN1(&extensions, nil, casn1.SEQUENCE) || !entry.Empty() {
		return read, false
	}
	for !extensions.Empty() {
		var extension, id, value cryptobyte.String
		var critical bool
		if !extensions.ReadASN1(&extension, casn1.SEQUENCE) || !extension.ReadASN1(&id, casn1.OBJECT_IDENTIFIER) ||
			extension.PeekASN1Tag(casn1.BOOLEAN) && !extension.ReadASN1Boolean(&critical) ||
			!extension.ReadASN1(&value, casn1.OCTET_STRING) || !extension.Empty() {
			return read, false
		}
		switch {
		case bytes.Equal(id, oidReasonCode): // RFC 5280, 5.3.1
			if !value.ReadASN1Enum(&read.reason) || !value.Empty() {
				return read, false
			}
		case critical: // certificateIssuer of an indirect CRL (5.3.3), or unknown
			return read, false
		}
	}
	return read, true
}

func startsTime(s cryptobyte.String) bool {
	return s.PeekASN1Tag(casn1.UTCTime) || s.PeekASN1Tag(casn1.GeneralizedTime)
}

func readTime(s *cryptobyte.String, into *time.Time) bool {
	if s.PeekASN1Tag(casn1.UTCTime) {
		return s.ReadASN1UTCTime(into)
	}
	return s.ReadASN1GeneralizedTime(into)
}
