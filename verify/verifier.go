package verify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	_ "embed" // the policy's text
	"encoding/hex"
	"time"

	"kytiem/certs"
)

// PolicyID names the rules this version applies; policy.json states them and its
// SHA-256 stands in every report.
const PolicyID = "kytiem-longterm-1"

//go:embed policy.json
var policy []byte

// Verifier judges inputs against one set of anchors. The zero value trusts nobody
// and opens no connection; it is safe for concurrent use.
type Verifier struct {
	// Anchors are where certification paths may end.
	Anchors certs.Anchors

	// Domains are the trust domains in which signers' paths may end; without any, all are accepted, and so are anchors of
	// which nobody stated the domain.
	Domains []certs.Domain

	// Revocation answers whether certificates were revoked; nil is certs.Offline. One that is a certs.IssuerSource, too, is
	// asked for issuers' certificates that the input leaves out.
	Revocation certs.RevocationSource

	// At is the validation time; zero is now.
	At time.Time

	// Password is that of an encrypted PDF, the user's or the owner's; the empty one is tried first. Where none opens it, what
	// follows a signature stays unread (R-M10).
	Password string

	// Full adds the evidence to the report: certificates, revocation data and time-stamps.
	Full bool

	// Drawn remembers what pages were drawn; nil draws them for every verdict.
	Drawn *Drawn
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
	trust, algorithms := v.Anchors.Hash(), certs.AlgorithmsHash()
	return &Report{
		Document:       Document{Name: name, SHA256: hexSHA256(data), Size: int64(len(data)), Type: kind},
		Policy:         PolicyName{PolicyID, hexSHA256(policy), hex.EncodeToString(algorithms[:]), hex.EncodeToString(trust[:]), v.Domains},
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
