package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	_ "embed" // the policy's text
	"encoding/hex"
	"errors"
	"time"

	"kytiem/certs"
)

// PolicyID names the rules this version applies; policy.json states them and its
// SHA-256 stands in every report.
const PolicyID = "kytiem-basic-1"

//go:embed policy.json
var policy []byte

// Verifier judges inputs against one set of anchors. The zero value trusts nobody
// and opens no connection; it is safe for concurrent use.
type Verifier struct {
	// Anchors are where certification paths may end.
	Anchors certs.Anchors

	// Revocation answers whether certificates were revoked; nil is certs.Offline.
	Revocation certs.RevocationSource

	// At is the validation time; zero is now.
	At time.Time
}

// fixed is v with its clock stopped: a report speaks about one instant, in whole
// seconds.
func (v *Verifier) fixed() *Verifier {
	stopped := *v
	if stopped.At.IsZero() {
		stopped.At = time.Now()
	}
	stopped.At = stopped.At.UTC().Truncate(time.Second)
	return &stopped
}

// report starts the report on one input.
func (v *Verifier) report(name, kind string, data []byte) *Report {
	trust := v.Anchors.Hash()
	return &Report{
		Document:       Document{Name: name, SHA256: hexSHA256(data), Size: int64(len(data)), Type: kind},
		Policy:         PolicyName{PolicyID, hexSHA256(policy), hex.EncodeToString(trust[:])},
		ValidationTime: v.At,
		Signatures:     []Signature{},
		UnsignedFields: []string{},
		Checks:         []Check{},
	}
}

func hexSHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// inputTime bounds the judging of one document, signature or proof: what a hostile
// file can make of it must end (R-P9). A bundle directory of a million records takes
// its time.
const inputTime = 10 * time.Second

// exhausted reports whether the time for an input is over, and notes it: what was
// not judged is not passed.
func exhausted(ctx context.Context, r *Report) bool {
	if ctx.Err() == nil {
		return false
	}
	(*checks)(&r.Checks).fail("R-P9", TryLater, "limit", "RESOURCE_LIMIT: the time for this input is over")
	return true
}

// judgeCertificate applies the rules on the signer's certificate: a path to an
// anchor at the validation time (R-X1), validity (R-X2), usage (R-X3), strength
// (R-X4) and revocation (R-X5); Thông tư 15/2025/TT-BKHCN, Phụ lục II, 1.1-1.4.
func (v *Verifier) judgeCertificate(ctx context.Context, s *Signature, c *checks, leaf *x509.Certificate, pool []*x509.Certificate) {
	s.Signer = signerOf(leaf)
	s.BestSignatureTime = &v.At // without a time-stamp nothing earlier is proven (EN 319 102-1, 5.5.4)
	if err := certs.CheckUsage(leaf); err != nil {
		c.fail("R-X3", ChainConstraintsFailure, "", err.Error())
	} else {
		c.ok("R-X3", "certificate meant for signing documents")
	}
	if err := certs.CheckStrength(leaf); err != nil {
		c.fail("R-X4", CryptoConstraintsFailure, "", err.Error())
	} else {
		c.ok("R-X4", "key and algorithms strong enough")
	}
	paths, err := certs.Paths(leaf, pool, v.Anchors.CA, v.At)
	if err != nil {
		failPath(s, c, err)
		return
	}
	c.ok("R-X1", "path to a trust anchor")
	c.ok("R-X2", "every certificate of the path within its validity")
	v.judgeRevocation(ctx, s, c, paths[0])
}

// failPath reports why there is no path that holds (EN 319 102-1, 5.2.6).
func failPath(s *Signature, c *checks, err error) {
	if link := (*certs.LinkError)(nil); errors.As(err, &link) {
		s.Chain = chainOf(link.Path)
	}
	switch {
	case errors.Is(err, certs.ErrNoPath):
		c.fail("R-X1", NoCertificateChainFound, "", err.Error())
	case errors.Is(err, certs.ErrExpired), errors.Is(err, certs.ErrNotYetValid):
		c.fail("R-X2", OutOfBoundsNoPOE, "", err.Error())
	case errors.Is(err, certs.ErrWeak):
		c.fail("R-X4", CryptoConstraintsFailure, "", err.Error())
	case errors.Is(err, certs.ErrConstraints):
		c.fail("R-X1", ChainConstraintsFailure, "", err.Error())
	default:
		c.fail("R-X1", CertificateChainGeneral, "", err.Error())
	}
}

// judgeRevocation asks about every certificate below the anchor. What cannot be
// learnt is TRY_LATER, never good; so is a certificate on hold (EN 319 102-1,
// 5.2.6.4).
func (v *Verifier) judgeRevocation(ctx context.Context, s *Signature, c *checks, path certs.Path) {
	s.Chain = chainOf(path)
	source := v.Revocation
	if source == nil {
		source = certs.Offline{}
	}
	for i, answer := range certs.PathRevocation(ctx, source, path, v.At) {
		s.Revocation = append(s.Revocation, revocationOf(answer))
		revoked := RevokedCANoPOE
		if i == 0 {
			revoked = RevokedNoPOE
		}
		switch err := answer.Check(v.At); {
		case err == nil && answer.Status != certs.Good && i == 0 && s.ClaimedSigningTime != nil && !s.ClaimedSigningTime.Before(answer.RevokedAt):
			c.fail("R-X5", revoked, "", "certificate "+answer.Serial+" was revoked before the claimed signing time")
		case err == nil && answer.Status != certs.Good:
			c.warn("R-X5", "cert.revoked_later", "certificate "+answer.Serial+" was revoked since, at "+answer.RevokedAt.UTC().Format(time.RFC3339))
		case err == nil:
			c.ok("R-X5", "certificate "+answer.Serial+" not revoked")
		case errors.Is(err, certs.ErrRevoked):
			c.fail("R-X5", revoked, "", err.Error())
		case errors.Is(err, certs.ErrSuspended):
			c.fail("R-X5", TryLater, "cert.suspended", err.Error())
		default:
			c.fail("R-X5", TryLater, "", err.Error())
		}
	}
}

func signerOf(cert *x509.Certificate) *Signer {
	subject, issuer := certs.Subject(cert), certs.Issuer(cert)
	signer := &Signer{
		CommonName: subject.CommonName, Organization: subject.Organization, Title: subject.Title,
		Identifiers: []string{}, Serial: certs.Serial(cert), Issuer: issuer.CommonName,
		NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
	}
	for _, id := range subject.Identifiers {
		signer.Identifiers = append(signer.Identifiers, id.String())
	}
	return signer
}

func chainOf(path certs.Path) []ChainLink {
	links := make([]ChainLink, len(path))
	for i, cert := range path {
		sum := sha256.Sum256(cert.Raw)
		links[i] = ChainLink{
			Subject: certs.Subject(cert).CommonName, Serial: certs.Serial(cert),
			NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(),
			SHA256: hex.EncodeToString(sum[:]), Anchor: i == len(path)-1,
		}
	}
	return links
}

func revocationOf(r certs.Revocation) Revocation {
	stated := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		t = t.UTC()
		return &t
	}
	out := Revocation{
		Serial: r.Serial, Status: r.Status.String(), Source: r.Source,
		ThisUpdate: stated(r.ThisUpdate), NextUpdate: stated(r.NextUpdate), RevokedAt: stated(r.RevokedAt),
	}
	if r.Cause != nil {
		out.Message = r.Cause.Error()
	}
	return out
}
