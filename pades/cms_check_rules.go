package pades

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"errors"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// format is R-C1: encoding and version numbers.
func (k *cmsCheck) format() {
	c := k.cms
	// ISO 32000-1, 12.8.3.3.1 wants DER; RFC 5652 leaves .p7s in BER.
	if !c.IsDER && k.o.Profile != CAdES {
		k.warn("CMS is encoded in BER, not in DER")
	}
	if c.rest > 0 && k.o.Profile == CAdES {
		k.warn("%d bytes follow the CMS", c.rest) // in a PDF they are the padding of /Contents: R-B4
	}
	// Nobody signs the version numbers, and no reader needs them: real ones are wrong.
	if want := c.wantVersion(); c.Version != want { // RFC 5652, 5.1
		k.strictly(SigConstraintsFailure, "SignedData has version %d, not %d", c.Version, want)
	}
	for i, s := range c.Signers {
		want := 1 // RFC 5652, 5.3
		if s.SID.SubjectKeyID != nil {
			want = 3
		}
		if s.Version != want {
			k.strictly(SigConstraintsFailure, "SignerInfo %d has version %d, not %d", i, s.Version, want)
		}
	}
}

// signerCount is R-C2: in a PDF a second SignerInfo is one no viewer shows (EN 319 142-1, 4.1).
func (k *cmsCheck) signerCount(signer int) {
	n := len(k.cms.Signers)
	if n != 1 && k.o.Profile != CAdES {
		k.fail(FormatFailure, "%d SignerInfos, not one", n)
	}
	if n == 0 && k.o.Profile == CAdES || n > 0 && (signer < 0 || signer >= n) {
		k.fail(FormatFailure, "no SignerInfo %d", signer)
	}
}

// content is R-C3: what is signed, and where it is.
func (k *cmsCheck) content() {
	want := k.o.ContentType
	if want == nil {
		want = oidData // EN 319 122-1, 5.1.1; ISO 32000-1, 12.8.3.3.1
	}
	switch {
	case k.cms.ContentType.Equal(want):
	case k.o.Profile == CAdES && k.o.ContentType == nil: // any type may be signed: the content-type attribute covers it
		k.warn("eContentType is %s", k.cms.ContentType)
	default:
		k.fail(FormatFailure, "eContentType is %s, not %s", k.cms.ContentType, want)
	}
	switch {
	case k.o.Attached && k.cms.Content == nil:
		k.fail(SignedDataNotFound, "eContent is absent")
	case !k.o.Attached && k.cms.Content != nil:
		k.fail(FormatFailure, "eContent is present in a detached signature")
	}
}

// attributes is R-C4: the signed attributes and the content's digest.
func (k *cmsCheck) attributes() {
	s := k.signer
	if s.SignedAttrsRaw == nil {
		sub := FormatFailure
		if k.o.Profile == CAdES { // a .p7s names no profile: by RFC 5652, 5.3, it is a signature, by EN 319 122-1, 5.1, no CAdES
			sub = SigConstraintsFailure
		}
		k.strictly(sub, "signed attributes are absent")
		return
	}
	if len(s.SignedAttrs) == 0 {
		k.fail(FormatFailure, "signed attributes are an empty set") // RFC 5652, 5.3: SIZE (1..MAX)
	}
	k.attributeCounts()

	switch oid, err := s.ContentType(); { // RFC 5652, 11.1
	case errors.Is(err, ErrNoAttribute):
		k.fail(FormatFailure, "content-type is absent")
	case err != nil:
		k.fail(FormatFailure, "content-type is malformed")
	case !oid.Equal(k.cms.ContentType):
		k.fail(FormatFailure, "content-type is %s, eContentType is %s", oid, k.cms.ContentType)
	}

	stated, err := s.MessageDigest() // RFC 5652, 11.2
	switch {
	case errors.Is(err, ErrNoAttribute):
		k.fail(SigConstraintsFailure, "message-digest is absent")
		return
	case err != nil:
		k.fail(FormatFailure, "message-digest is malformed")
		return
	case !cmsComputable(k.hash):
		k.fail(CryptoConstraintsFailure, "digest algorithm %s is not computed", s.DigestAlgorithm.OID)
		return
	}
	computed, err := k.contentDigest()
	switch {
	case err != nil:
		k.fail(SignedDataNotFound, "digest of the content is not available")
	case !bytes.Equal(stated, computed):
		k.fail(HashFailure, "message-digest is not the %s of the content", k.hash)
	}
}

// attributeCounts: each type once and with one value. Several instances of an attribute let two
// verifiers read two different ones.
func (k *cmsCheck) attributeCounts() {
	for i, a := range k.signer.SignedAttrs {
		if len(a.Values) == 0 {
			k.fail(FormatFailure, "signed attribute %s has no value", a.Type)
		}
		if a.Type.Equal(oidContentTimeStamp) {
			continue // EN 319 122-1, 5.2.8: the one that may be repeated
		}
		if len(a.Values) > 1 && singleValued(a.Type) {
			k.fail(FormatFailure, "signed attribute %s has %d values", a.Type, len(a.Values))
		}
		if slices.ContainsFunc(k.signer.SignedAttrs[:i], func(b Attribute) bool { return b.Type.Equal(a.Type) }) {
			k.fail(FormatFailure, "signed attribute %s is repeated", a.Type)
		}
	}
}

// singleValued: RFC 5652, 11; RFC 5035, 3; RFC 6211, 2.
func singleValued(oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc([]asn1.ObjectIdentifier{
		oidContentType, oidMessageDigest, oidSigningTime, oidAlgorithmProtection, oidSigningCertificate, oidSigningCertificateV2,
	}, oid.Equal)
}

// confusion is R-C5. A signature without signed attributes is over the content itself; if that content is
// somebody's signed attributes, their signature over another document verifies over it. OpenSSL 3.0
// accepts that forgery.
func (k *cmsCheck) confusion() {
	if k.signer.SignedAttrsRaw != nil {
		return
	}
	content := k.o.Content
	if k.o.Attached {
		content = k.cms.Content
	}
	switch {
	case content == nil:
		k.fail(SignedDataNotFound, "content is not available to rule out signed attributes in its place")
	case looksLikeSignedAttributes(content):
		k.fail(FormatFailure, "content is a set of signed attributes")
	}
}

// looksLikeSignedAttributes says whether content begins as SET OF Attribute with content-type or
// message-digest among them; the beginning of a longer content is enough to find them.
func looksLikeSignedAttributes(content []byte) bool {
	h, ok := readBERHeader(content)
	if !ok || h.tag != byte(cbasn1.SET) {
		return false
	}
	set := cryptobyte.String(content[h.size:])
	for range cmsMaxAttributes {
		var attribute cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !set.ReadASN1(&attribute, cbasn1.SEQUENCE) || !attribute.ReadASN1ObjectIdentifier(&oid) {
			return false
		}
		if oid.Equal(oidContentType) || oid.Equal(oidMessageDigest) {
			return true
		}
	}
	return false
}

// algorithms is R-C6: every place that names an algorithm names the same.
func (k *cmsCheck) algorithms() {
	s, scheme := k.signer, k.signer.SignatureAlgorithm
	if k.hash == 0 {
		k.fail(CryptoConstraintsFailure, "digest algorithm %s is unknown", s.DigestAlgorithm.OID)
	}
	if !s.DigestAlgorithm.plain() {
		k.fail(SigConstraintsFailure, "digest algorithm has parameters") // RFC 5754, 2
	}
	// RFC 5652, 5.1: the set shall name every digest algorithm, so that one pass over the content is enough.
	if !slices.ContainsFunc(k.cms.DigestAlgorithms, s.DigestAlgorithm.same) {
		k.strictly(SigConstraintsFailure, "digestAlgorithms does not contain %s", s.DigestAlgorithm.OID)
	}
	switch {
	case scheme.Kind == SchemeUnknown:
		k.fail(CryptoConstraintsFailure, "signature algorithm %s is unknown", scheme.OID)
	case scheme.Malformed:
		k.fail(SigConstraintsFailure, "signature algorithm %s has malformed parameters", scheme.OID)
	case scheme.Kind == SchemeRSAPSS && scheme.Hash == 0:
		k.fail(CryptoConstraintsFailure, "hash of RSASSA-PSS is unknown")
	case scheme.Hash != 0 && scheme.Hash != k.hash:
		k.fail(SigConstraintsFailure, "digest algorithm %s differs from %s of the signature algorithm", cmsHashName(k.hash), scheme.Hash)
	case scheme.Kind == SchemeRSAPSS && scheme.MGFHash != scheme.Hash: // RFC 4055, 3.1 recommends one hash
		k.fail(CryptoConstraintsFailure, "MGF1 of RSASSA-PSS uses %s, not %s", cmsHashName(scheme.MGFHash), scheme.Hash)
	case scheme.Kind == SchemeEd25519 && k.hash != crypto.SHA512:
		k.warn("Ed25519 with %s, not SHA-512", cmsHashName(k.hash)) // RFC 8419, 3.1
	}
	switch p, err := s.AlgorithmProtection(); { // RFC 6211, 2
	case errors.Is(err, ErrNoAttribute):
	case err != nil:
		k.fail(FormatFailure, "cmsAlgorithmProtection is malformed")
	case !p.DigestAlgorithm.same(s.DigestAlgorithm) || !p.SignatureAlgorithm.same(scheme.AlgorithmIdentifier):
		k.fail(SigConstraintsFailure, "cmsAlgorithmProtection names other algorithms")
	}
}

// weakHashes is the part of R-C10 that needs no date: collisions in SHA-1 and MD5 are practical today.
func (k *cmsCheck) weakHashes() {
	scheme := k.signer.SignatureAlgorithm
	for _, h := range []crypto.Hash{crypto.SHA1, crypto.MD5} {
		if k.hash == h {
			k.fail(CryptoConstraintsFailure, "content is digested with %s", h)
		}
		if scheme.Hash == h {
			k.fail(CryptoConstraintsFailure, "signature is made with %s", h)
		}
	}
}
