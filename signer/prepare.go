package signer

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
	"time"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/paper"
)

// DefaultLifetime is how long a request waits for its signature.
const DefaultLifetime = 30 * time.Minute

// Options say who signs and until when.
type Options struct {
	// Certificates of the signer, leaf first. Self-issued ones are left out of the
	// signature: trust comes from the verifier's own anchors.
	Certificates []*x509.Certificate

	// PSS asks for RSASSA-PSS where the key is RSA (Thông tư 15/2025/TT-BKHCN, Phụ
	// lục I); zero makes PKCS #1 v1.5, which every token knows.
	PSS bool

	// Algorithm is the algorithm to sign with; empty is what key and PSS say. One that is
	// not for the key is pades.ErrUnsupportedKey.
	Algorithm pades.Algorithm

	// Picture is what the signature shows on the page: the handwritten signature, or the
	// seal; nil shows lines alone.
	Picture *paper.Picture

	Title    string
	Now      time.Time     // of preparing, and the claimed signing time; zero: now
	Lifetime time.Duration // of the request; zero: DefaultLifetime
}

// Visible says how a signature shows on the page.
type Visible struct {
	Field      string // the prepared field to fill
	Reason     string
	Location   string
	Appearance *pades.Appearance // nil: nothing is drawn
}

// PrepareDocument draws up the revision that will carry a PAdES signature in one of
// the document's prepared fields.
func PrepareDocument(document *pades.File, o Options, v Visible) (*Prepared, error) {
	algorithm, certificates, err := o.ready()
	if err != nil {
		return nil, err
	}
	update, err := pades.Prepare(document, pades.SignatureOptions{
		Field: v.Field, Time: o.Now, Reason: v.Reason, Location: v.Location, Appearance: v.Appearance,
		Hash: algorithm.Hash(), Reserve: pades.SignedDataSize(certificates, algorithm) + pades.TimeStampReserve,
	})
	if err != nil {
		return nil, fmt.Errorf("preparing document: %w", err)
	}
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{
		Digest: update.Digest, Hash: algorithm.Hash(), Certificate: certificates[0],
	})
	if err != nil {
		return nil, err
	}
	p := o.prepared(Document, algorithm, certificates, attributes)
	p.Update = update
	p.Request.DocumentSHA256, err = signedDigest(update, document.Bytes())
	return p, err
}

// signedDigest is the SHA-256 of the bytes that update signs, whatever hash the
// signature itself is made with.
func signedDigest(update *pades.Update, base []byte) ([]byte, error) {
	if update.Hash == crypto.SHA256 {
		return update.Digest, nil
	}
	content, err := update.SignedBytes(base)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	_, err = io.Copy(h, content)
	return h.Sum(nil), err
}

// PrepareManifest prepares a detached CAdES signature over manifest.json.
func PrepareManifest(manifest []byte, o Options) (*Prepared, error) {
	algorithm, certificates, err := o.ready()
	if err != nil {
		return nil, err
	}
	h := algorithm.Hash().New()
	h.Write(manifest)
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{
		Digest: h.Sum(nil), Hash: algorithm.Hash(), Certificate: certificates[0], SigningTime: o.Now,
	})
	if err != nil {
		return nil, err
	}
	p := o.prepared(Manifest, algorithm, certificates, attributes)
	sum := sha256.Sum256(manifest)
	p.Request.DocumentSHA256 = sum[:]
	return p, nil
}

// ready fills in what the zero values mean and checks the signer's certificate
// before anything is asked of its holder (Thông tư 15/2025/TT-BKHCN, Điều 5).
func (o *Options) ready() (pades.Algorithm, []*x509.Certificate, error) {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Now = o.Now.Truncate(time.Second)
	if o.Lifetime == 0 {
		o.Lifetime = DefaultLifetime
	}
	if len(o.Certificates) == 0 {
		return "", nil, ErrNoCertificate
	}
	leaf := o.Certificates[0]
	if err := checkSigner(leaf, o.Now); err != nil {
		return "", nil, err
	}
	algorithm, err := o.AlgorithmFor(leaf)
	if err != nil {
		return "", nil, err
	}
	kept := slices.DeleteFunc(slices.Clone(o.Certificates[1:]), func(c *x509.Certificate) bool {
		return string(c.RawSubject) == string(c.RawIssuer)
	})
	return algorithm, append([]*x509.Certificate{leaf}, kept...), nil
}

// AlgorithmFor is the algorithm that a signature under these options is made with by the
// key of a certificate.
func (o *Options) AlgorithmFor(leaf *x509.Certificate) (pades.Algorithm, error) {
	switch {
	case o.Algorithm == "":
		return pades.AlgorithmFor(leaf.PublicKey, o.PSS)
	case !o.Algorithm.Fits(leaf.PublicKey):
		return "", fmt.Errorf("%s with a %T: %w", o.Algorithm, leaf.PublicKey, pades.ErrUnsupportedKey)
	}
	return o.Algorithm, nil
}

// checkSigner asks whether a certificate may sign documents at all at this time:
// validity, usage, strength.
func checkSigner(leaf *x509.Certificate, at time.Time) error {
	for _, check := range [...]func() error{
		func() error { return certs.CheckValidity(leaf, at) },
		func() error { return certs.CheckUsage(leaf) },
		func() error { return certs.CheckStrength(leaf) },
	} {
		if err := check(); err != nil {
			return fmt.Errorf("signer's certificate: %w", err)
		}
	}
	return nil
}

func (o *Options) prepared(kind Kind, algorithm pades.Algorithm, certificates []*x509.Certificate, attributes []byte) *Prepared {
	h := algorithm.Hash().New()
	h.Write(attributes)
	p := &Prepared{Request: Request{
		Kind: kind, Title: o.Title, SignedAttributes: attributes, Digest: h.Sum(nil),
		Algorithm: algorithm, Expires: o.Now.Add(o.Lifetime).UTC(),
	}, certificates: certificates}
	for _, cert := range certificates {
		p.Request.Certificates = append(p.Request.Certificates, cert.Raw)
	}
	return p
}
