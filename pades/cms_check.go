package pades

import (
	"crypto"
	"encoding/asn1"
	"fmt"
)

// Status is the outcome of one check.
type Status string

// The outcomes, as the report writes them.
const (
	OK   Status = "OK"
	Warn Status = "WARN"
	Fail Status = "FAIL"
)

// Sub-indications of EN 319 102-1, 5.1.3, that the checks of this package give.
const (
	FormatFailure             = "FORMAT_FAILURE"
	HashFailure               = "HASH_FAILURE"
	SigCryptoFailure          = "SIG_CRYPTO_FAILURE"
	SigConstraintsFailure     = "SIG_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure  = "CRYPTO_CONSTRAINTS_FAILURE"
	NoSigningCertificateFound = "NO_SIGNING_CERTIFICATE_FOUND"
	SignedDataNotFound        = "SIGNED_DATA_NOT_FOUND"
)

// Finding is what one check found. Message is English, for people, and holds identifiers only.
type Finding struct {
	Rule    string // "R-C4"
	Status  Status
	Sub     string // sub-indication of a Fail, else empty
	Message string
}

// Profile is the kind of signature that is expected, which decides how strict a check is.
type Profile int

// The profiles.
const (
	PAdES  Profile = iota // sub-filter ETSI.CAdES.detached (EN 319 142-1)
	CAdES                 // .p7s (EN 319 122-1)
	Legacy                // sub-filter adbe.pkcs7.detached (ISO 32000-1, 12.8.3.3)
)

// CheckOptions says what a CMS is measured by.
type CheckOptions struct {
	Profile Profile
	// Attached allows, and demands, the content inside the CMS; otherwise it must be detached.
	Attached bool
	// ContentType that is expected; nil is id-data.
	ContentType asn1.ObjectIdentifier
	// Content is the detached content, or its beginning. It is looked at only where there are no signed
	// attributes, and what it would be needed for fails without it.
	Content []byte
}

// CMSResult is what Check found. Format and mathematics are judged; whether the certificate is to be
// trusted, is of the right kind, and held at the time, is not.
type CMSResult struct {
	Findings []Finding // by rule; every rule that applies appears, with an OK if nothing was found
	// Signer is the certificate the signature was checked with, nil if there is none. It is the signer's
	// only if no finding fails; its Certificate is nil where crypto/x509 refuses it.
	Signer *CMSCertificate
	// Hash is the digest algorithm of the content, 0 if it is not known.
	Hash crypto.Hash
	// Algorithm is "" for a scheme we do not write, such as RSA with SHA-3.
	Algorithm Algorithm
}

// Status is the worst of the findings.
func (r CMSResult) Status() Status {
	worst := OK
	for _, f := range r.Findings {
		if f.Status == Fail {
			return Fail
		}
		if f.Status == Warn {
			worst = Warn
		}
	}
	return worst
}

// Check applies the rules R-C1 to R-C8, R-C10 and R-C11 of docs/conformance.md to one signer (an index
// into Signers). digest answers the hash of the detached content; it is asked for no hash
// that is not computed here, and its error becomes a finding (SIGNED_DATA_NOT_FOUND). Rules do not stop at
// the first failure: each says what it can still say.
//
// Rule R-C9 is how the result is made: nothing that the signature does not cover (order of
// certificates, revocation data, unsigned attributes) makes a finding better.
func (c *CMS) Check(signer int, digest func(crypto.Hash) ([]byte, error), o CheckOptions) CMSResult {
	k := cmsCheck{cms: c, digest: digest, o: o, findings: make([]Finding, 0, 16)}
	k.apply("R-C1", k.format)
	k.apply("R-C2", func() { k.signerCount(signer) })
	if signer < 0 || signer >= len(c.Signers) {
		return CMSResult{Findings: k.findings}
	}
	k.signer = &c.Signers[signer]
	k.hash = k.signer.DigestAlgorithm.Hash()
	chosen := k.chooseSigner()

	k.apply("R-C3", k.content)
	k.apply("R-C4", k.attributes)
	k.apply("R-C5", k.confusion)
	k.apply("R-C6", k.algorithms)
	k.apply("R-C7", func() { k.signature(chosen.certificate) })
	k.apply("R-C8", func() { k.findings = append(k.findings, chosen.findings...) })
	k.apply("R-C10", k.weakHashes)
	k.apply("R-C11", func() { k.signingTime(chosen.certificate) })
	return CMSResult{
		Findings:  k.findings,
		Signer:    chosen.certificate,
		Hash:      k.hash,
		Algorithm: k.signer.SignatureAlgorithm.Algorithm(k.hash),
	}
}

// cmsCheck gathers the findings about one signer.
type cmsCheck struct {
	cms      *CMS
	signer   *SignerInfo
	digest   func(crypto.Hash) ([]byte, error)
	o        CheckOptions
	hash     crypto.Hash // of the content; 0 if unknown
	findings []Finding
	rule     string
}

// apply runs one rule and records its OK if it has nothing to say.
func (k *cmsCheck) apply(rule string, run func()) {
	before := len(k.findings)
	k.rule = rule
	run()
	if len(k.findings) == before {
		k.findings = append(k.findings, Finding{Rule: rule, Status: OK})
	}
}

func (k *cmsCheck) fail(sub, format string, args ...any) {
	k.findings = append(k.findings, Finding{Rule: k.rule, Status: Fail, Sub: sub, Message: fmt.Sprintf(format, args...)})
}

func (k *cmsCheck) warn(format string, args ...any) {
	k.findings = append(k.findings, Finding{Rule: k.rule, Status: Warn, Message: fmt.Sprintf(format, args...)})
}

// strictly fails in the profiles we write and warns for legacy signatures, which were never held to it.
func (k *cmsCheck) strictly(sub, format string, args ...any) {
	if k.o.Profile == Legacy {
		k.warn(format, args...)
		return
	}
	k.fail(sub, format, args...)
}

// contentDigest is the digest of what was signed.
func (k *cmsCheck) contentDigest() ([]byte, error) {
	if k.o.Attached && k.cms.Content != nil {
		return cmsSum(k.hash, k.cms.Content), nil
	}
	if k.digest == nil || k.o.Attached {
		return nil, fmt.Errorf("%s: no content", k.hash)
	}
	return k.digest(k.hash)
}
