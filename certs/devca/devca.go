// Package devca is a THROWAWAY certification authority for development, demonstrations and tests. NEVER trust it, and
// NEVER use it for real signatures: its keys are made in a hurry, shared within a process, kept in plain files, it issues
// to anybody whatever is asked, and it revokes, lies and falls silent on request.
//
// It has the shape of a Vietnamese public authority: a root, an issuing authority with an OCSP responder and CRLs, and
// apart from them a time-stamp root with its authority, all answering over HTTP on 127.0.0.1. It issues the subject
// profile seen in practice (UID=MST:…, UID=CCCD:…, T, O). It judges no certificates; that is package certs.
package devca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"math/big"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Options shape an authority. The zero value keeps everything in memory and uses the machine's clock.
type Options struct {
	// State is a directory in which keys, roots and the lists of issued and revoked certificates are kept, so that the
	// next New there is the same authority. Empty: nothing is kept.
	State string
	// FreshKeys makes keys of its own for this authority and for whom it certifies. Without it (and without State) all
	// authorities of a process share one set, since making keys takes longer than most tests: two of them are then the same
	// authority to a verifier, and the first whom either certifies has the same key, and so the second. No two whom one
	// authority certifies have.
	FreshKeys bool
	// Now is the clock of certificates, answers and time-stamps; time.Now if nil.
	Now func() time.Time
	// CRLFor and OCSPFor are how long answers are valid; an hour and ten minutes if zero.
	CRLFor, OCSPFor time.Duration
}

// Authority is a certificate with its private key.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

// CA is the whole of root, issuing authority, OCSP responder and time-stamping. It is safe for concurrent use.
type CA struct {
	options Options
	keys    keyRing
	root    Authority
	tsaRoot Authority

	mu        sync.Mutex
	url       string // base address in certificates; empty before Serve
	issuing   Authority
	responder Authority
	tsa       Authority
	issued    map[string]string // serial in hexadecimal → common name of the issuer
	revoked   map[string]revocation
	faults    map[string]Fault
	certified map[string]int // kind of key → how many of the shared ones were given away
}

type revocation struct {
	At     time.Time `json:"at"`
	Reason int       `json:"reason"`
}

// keyRing holds the keys of one CA.
type keyRing struct {
	Root, Issuing, Responder, TSARoot, TSA crypto.Signer
}

// processKeys is the shared set: see Options.FreshKeys.
var processKeys = sync.OnceValues(newKeyRing)

func newKeyRing() (keyRing, error) {
	var ring keyRing
	var group errgroup.Group
	for _, key := range []*crypto.Signer{&ring.Root, &ring.Issuing, &ring.TSARoot, &ring.TSA} {
		group.Go(func() (err error) {
			*key, err = rsa.GenerateKey(rand.Reader, 2048)
			return err
		})
	}
	var err error
	if ring.Responder, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return ring, err
	}
	return ring, group.Wait()
}

// ownKeys reports whether the authority shares no keys with others.
func (ca *CA) ownKeys() bool { return ca.options.FreshKeys || ca.options.State != "" }

// New sets up an authority, or takes up the one in o.State. Certificates get their OCSP and CRL addresses only after
// [CA.Serve].
func New(o Options) (*CA, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CRLFor == 0 {
		o.CRLFor = time.Hour
	}
	if o.OCSPFor == 0 {
		o.OCSPFor = 10 * time.Minute
	}
	ca := &CA{options: o, issued: map[string]string{}, revoked: map[string]revocation{}, faults: map[string]Fault{}, certified: map[string]int{}}
	found, err := ca.load()
	if err == nil && !found {
		err = ca.begin()
	}
	if err == nil {
		err = ca.certify()
	}
	if err != nil {
		return nil, fmt.Errorf("setting up the development CA: %w", err)
	}
	return ca, ca.save()
}

// begin makes keys and the two roots.
func (ca *CA) begin() (err error) {
	if ca.ownKeys() {
		ca.keys, err = newKeyRing()
	} else {
		ca.keys, err = processKeys()
	}
	if err != nil {
		return err
	}
	for _, root := range []struct {
		into *Authority
		name string
		key  crypto.Signer
	}{
		{&ca.root, "Ký Tiêm Development Root CA (not for real use)", ca.keys.Root},
		{&ca.tsaRoot, "Ký Tiêm Development Root CA - TSA (not for real use)", ca.keys.TSARoot},
	} {
		template := ca.template(root.name, 10*365*24*time.Hour)
		asAuthority(template, -1)
		self := Authority{template, root.key}
		if root.into.Certificate, err = self.Issue(template, root.key.Public()); err != nil {
			return err
		}
		root.into.Key = root.key
	}
	return nil
}

// certify issues the certificates below the roots, with the addresses known by now. Keys and names stay, so that what was
// issued under an earlier one still chains.
func (ca *CA) certify() (err error) {
	issuing := ca.template("Ký Tiêm Development CA (not for real use)", 5*365*24*time.Hour)
	asAuthority(issuing, 0)
	ca.addresses(issuing, "", "/root.crt", "/root.crl")
	if ca.issuing, err = ca.under(ca.root, issuing, ca.keys.Issuing); err != nil {
		return err
	}

	responder := ca.template("Ký Tiêm Development OCSP (not for real use)", 365*24*time.Hour)
	responder.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
	responder.ExtraExtensions = []pkix.Extension{ // id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1
		{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: asn1.NullBytes},
	}
	if ca.responder, err = ca.under(ca.issuing, responder, ca.keys.Responder); err != nil {
		return err
	}

	tsa := ca.template("Ký Tiêm Development TSA (not for real use)", 2*365*24*time.Hour)
	timeStamping, err := asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}})
	if err != nil {
		return err
	}
	tsa.ExtraExtensions = []pkix.Extension{ // RFC 3161, 2.3: critical, and alone
		{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: timeStamping},
	}
	ca.addresses(tsa, "", "/tsa-root.crt", "/tsa-root.crl")
	ca.tsa, err = ca.under(ca.tsaRoot, tsa, ca.keys.TSA)
	return err
}

// template is a certificate from an hour ago for the given time, for signatures.
func (ca *CA) template(name string, lifetime time.Duration) *x509.Certificate {
	now := ca.options.Now().UTC().Truncate(time.Second)
	return &x509.Certificate{
		Subject:   pkix.Name{Country: []string{"VN"}, Organization: []string{"Ký Tiêm development"}, CommonName: name},
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.Add(lifetime),
		KeyUsage:  x509.KeyUsageDigitalSignature,
	}
}

func asAuthority(template *x509.Certificate, pathLength int) {
	template.IsCA, template.BasicConstraintsValid = true, true
	template.MaxPathLen, template.MaxPathLenZero = pathLength, pathLength == 0
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
}

// addresses writes authorityInfoAccess and cRLDistributionPoints, once there is an address.
func (ca *CA) addresses(template *x509.Certificate, ocsp, issuer, crl string) {
	if ca.url == "" {
		return
	}
	if ocsp != "" {
		template.OCSPServer = []string{ca.url + ocsp}
	}
	template.IssuingCertificateURL = []string{ca.url + issuer}
	template.CRLDistributionPoints = []string{ca.url + crl}
}

// under issues a certificate of the CA's own and enters it.
func (ca *CA) under(issuer Authority, template *x509.Certificate, key crypto.Signer) (Authority, error) {
	cert, err := issuer.Issue(template, key.Public())
	if err != nil {
		return Authority{}, err
	}
	ca.issued[serialOf(cert.SerialNumber)] = issuer.Certificate.Subject.CommonName
	return Authority{cert, key}, nil
}

// Issue signs any template for a public key; a missing serial number is made. It enters nothing in the CA's lists: to OCSP
// the certificate stays unknown.
func (a Authority) Issue(template *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	if template.SerialNumber == nil {
		serial := make([]byte, 16)
		rand.Read(serial)
		serial[0] = 0x54 // positive, and as the authorities number
		template.SerialNumber = new(big.Int).SetBytes(serial)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.Certificate, public, a.Key)
	if err != nil {
		return nil, fmt.Errorf("signing the certificate: %w", err)
	}
	return x509.ParseCertificate(der)
}

// Root is the anchor for signers: what belongs into ca/ of a trust directory.
func (ca *CA) Root() Authority { return ca.root }

// TSARoot is the anchor for time-stamps: what belongs into tsa/ of a trust directory.
func (ca *CA) TSARoot() Authority { return ca.tsaRoot }

// Issuing is the authority that issues to signers.
func (ca *CA) Issuing() Authority { return ca.current(&ca.issuing) }

// Responder signs OCSP answers in the issuing authority's name.
func (ca *CA) Responder() Authority { return ca.current(&ca.responder) }

// TSA signs time-stamps.
func (ca *CA) TSA() Authority { return ca.current(&ca.tsa) }

func (ca *CA) current(a *Authority) Authority {
	ca.mu.Lock()
	defer ca.mu.Unlock()
	return *a
}

func serialOf(serial *big.Int) string { return fmt.Sprintf("%x", serial) }
