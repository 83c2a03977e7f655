package pades

import (
	"encoding/asn1"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Limits of the parts of one CMS: each costs time when it is checked. Real documents with
// several archive time-stamps stay below a tenth of these.
const (
	cmsMaxCertificates = 256
	cmsMaxRevocations  = 1024
	cmsMaxSigners      = 64
	cmsMaxAttributes   = 128
	cmsMaxValues       = 64
)

var (
	// ErrCMS is input that is not a SignedData as RFC 5652 writes it.
	ErrCMS = errors.New("malformed CMS")
	// ErrNotSignedData is a ContentInfo of another content type.
	ErrNotSignedData = errors.New("CMS is not SignedData")
)

// CMS is a SignedData (RFC 5652, 5.1) as parsed, unjudged: Check judges. Its slices alias the
// input of ParseCMS, which must not be changed while they are used.
type CMS struct {
	Version          int
	DigestAlgorithms []AlgorithmIdentifier
	ContentType      asn1.ObjectIdentifier // of what is signed: id-data, id-ct-TSTInfo …
	Content          []byte                // nil if detached; empty and not nil if present and empty
	Certificates     []CMSCertificate
	CRLs             [][]byte // CertificateList, whole elements
	OCSPs            [][]byte // OCSPResponse, whole elements (RFC 5940, 2.1)
	Signers          []SignerInfo

	// OtherCertificates (attribute certificates and the like) and OtherRevocations are kept as elements.
	OtherCertificates, OtherRevocations [][]byte

	IsDER  bool // no re-encoding was needed to read the structure; nested values may still be BER
	Length int  // bytes of the input the outer element took; what follows is padding or foreign
	rest   int  // bytes of the input after it
}

// ParseCMS reads one ContentInfo with SignedData from the start of b, in DER or BER, up to 32 MB.
// Bytes after it are left alone and counted (Length). DER is tried first; only what is not DER is re-encoded.
// Errors wrap ErrCMS, ErrNotSignedData or ErrCMSLimit.
func ParseCMS(b []byte) (*CMS, error) {
	if len(b) > cmsMaxSize {
		return nil, fmt.Errorf("reading CMS of %d bytes: %w", len(b), ErrCMSLimit)
	}
	c, err := parseContentInfo(b)
	if err == nil {
		c.IsDER = true
		c.rest = len(b) - c.Length
		return c, nil
	}
	if !errors.Is(err, ErrCMS) {
		return nil, fmt.Errorf("reading CMS: %w", err)
	}
	der, length, berErr := berToDER(b)
	switch {
	case errors.Is(berErr, ErrCMSLimit):
		return nil, fmt.Errorf("reading CMS: %w", berErr)
	case berErr != nil:
		return nil, fmt.Errorf("reading CMS: %w: %w", err, berErr)
	}
	c, err = parseContentInfo(der)
	if err != nil {
		return nil, fmt.Errorf("reading CMS: %w", err)
	}
	c.Length, c.rest = length, len(b)-length
	return c, nil
}

func cmsMalformed(part string) error { return fmt.Errorf("%s: %w", part, ErrCMS) }

// parseContentInfo reads RFC 5652, 3.
func parseContentInfo(b []byte) (*CMS, error) {
	in := cryptobyte.String(b)
	var info, explicit, signedData cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&oid) {
		return nil, cmsMalformed("ContentInfo")
	}
	if !oid.Equal(oidSignedData) {
		return nil, fmt.Errorf("content type %s: %w", oid, ErrNotSignedData)
	}
	if !info.ReadASN1(&explicit, cmsTag0) || !info.Empty() || !explicit.ReadASN1(&signedData, cbasn1.SEQUENCE) || !explicit.Empty() {
		return nil, cmsMalformed("ContentInfo content")
	}
	c := &CMS{Length: len(b) - len(in)}
	return c, c.readSignedData(signedData)
}

// readSignedData reads RFC 5652, 5.1.
func (c *CMS) readSignedData(s cryptobyte.String) error {
	var digests, signers cryptobyte.String
	if !s.ReadASN1Integer(&c.Version) || !s.ReadASN1(&digests, cbasn1.SET) {
		return cmsMalformed("SignedData")
	}
	for !digests.Empty() {
		id, ok := readAlgorithmIdentifier(&digests, cbasn1.SEQUENCE)
		if !ok {
			return cmsMalformed("digestAlgorithms")
		}
		if c.DigestAlgorithms = append(c.DigestAlgorithms, id); len(c.DigestAlgorithms) > cmsMaxSigners {
			return fmt.Errorf("digestAlgorithms: %w", ErrCMSLimit)
		}
	}
	if err := c.readContent(&s); err != nil {
		return err
	}
	if err := c.readCertificates(&s); err != nil {
		return err
	}
	if err := c.readRevocations(&s); err != nil {
		return err
	}
	if !s.ReadASN1(&signers, cbasn1.SET) || !s.Empty() {
		return cmsMalformed("signerInfos")
	}
	for !signers.Empty() {
		if len(c.Signers) == cmsMaxSigners {
			return fmt.Errorf("signerInfos: %w", ErrCMSLimit)
		}
		signer, err := readSignerInfo(&signers)
		if err != nil {
			return fmt.Errorf("SignerInfo %d: %w", len(c.Signers), err)
		}
		c.Signers = append(c.Signers, signer)
	}
	return nil
}

// readContent reads EncapsulatedContentInfo (RFC 5652, 5.2).
func (c *CMS) readContent(s *cryptobyte.String) error {
	var encap, explicit, content cryptobyte.String
	var present bool
	if !s.ReadASN1(&encap, cbasn1.SEQUENCE) || !encap.ReadASN1ObjectIdentifier(&c.ContentType) ||
		!encap.ReadOptionalASN1(&explicit, &present, cmsTag0) || !encap.Empty() {
		return cmsMalformed("encapContentInfo")
	}
	if !present {
		return nil
	}
	if !explicit.ReadASN1(&content, cbasn1.OCTET_STRING) || !explicit.Empty() {
		return cmsMalformed("eContent")
	}
	c.Content = content[:len(content):len(content)]
	return nil
}

// readCertificates reads CertificateSet (RFC 5652, 10.2.3).
func (c *CMS) readCertificates(s *cryptobyte.String) error {
	elements, err := readOptionalSet(s, cmsTag0, cmsMaxCertificates)
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	for _, raw := range elements {
		if raw[0] == byte(cbasn1.SEQUENCE) {
			c.Certificates = append(c.Certificates, parseCertificate(raw))
		} else {
			c.OtherCertificates = append(c.OtherCertificates, raw)
		}
	}
	return nil
}

// readRevocations reads RevocationInfoChoices (RFC 5652, 10.2.1).
func (c *CMS) readRevocations(s *cryptobyte.String) error {
	elements, err := readOptionalSet(s, cmsTag1, cmsMaxRevocations)
	if err != nil {
		return fmt.Errorf("crls: %w", err)
	}
	for _, raw := range elements {
		if raw[0] == byte(cbasn1.SEQUENCE) {
			c.CRLs = append(c.CRLs, raw)
			continue
		}
		in := cryptobyte.String(raw)
		var other cryptobyte.String
		var oid asn1.ObjectIdentifier
		if in.ReadASN1(&other, cmsTag1) && other.ReadASN1ObjectIdentifier(&oid) && oid.Equal(oidOCSPResponse) {
			c.OCSPs = append(c.OCSPs, other)
		} else {
			c.OtherRevocations = append(c.OtherRevocations, raw)
		}
	}
	return nil
}

// readOptionalSet reads the elements of an optional SET under a context tag.
func readOptionalSet(s *cryptobyte.String, tag cbasn1.Tag, limit int) ([][]byte, error) {
	var set cryptobyte.String
	var present bool
	if !s.ReadOptionalASN1(&set, &present, tag) {
		return nil, ErrCMS
	}
	return splitElements(set, limit)
}

// splitElements cuts the contents of a constructed element into the elements they are.
func splitElements(s cryptobyte.String, limit int) ([][]byte, error) {
	var elements [][]byte
	for !s.Empty() {
		var raw cryptobyte.String
		var tag cbasn1.Tag
		if !s.ReadAnyASN1Element(&raw, &tag) {
			return nil, ErrCMS
		}
		if len(elements) == limit {
			return nil, ErrCMSLimit
		}
		elements = append(elements, raw)
	}
	return elements, nil
}

// wantVersion is the version this SignedData must have (RFC 5652, 5.1).
func (c *CMS) wantVersion() int {
	version := 1
	if !c.ContentType.Equal(oidData) {
		version = 3
	}
	for _, s := range c.Signers {
		if s.Version == 3 {
			version = 3
		}
	}
	for _, raw := range c.OtherCertificates {
		switch raw[0] {
		case byte(cmsTag1): // attribute certificate, version 1
			version = max(version, 3)
		case byte(cmsTag2): // attribute certificate, version 2
			version = max(version, 4)
		case byte(cmsTag3): // any other format
			version = 5
		}
	}
	if len(c.OCSPs)+len(c.OtherRevocations) > 0 {
		version = 5
	}
	return version
}
