package pades

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrArchive is an archive time-stamp whose index or imprint is not that of the signature it
// comes with.
var ErrArchive = errors.New("archive time-stamp does not fit the signature")

// hashIndex is ATSHashIndexV3 (EN 319 122-1, 5.5.2): which certificates, revocation data and
// unsigned attributes were there when the archive time-stamp was made.
type hashIndex struct {
	hash                         crypto.Hash
	certificates, crls, unsigned [][]byte // digests
	raw                          []byte
}

// index is that of the parts as they are now.
func (p *cmsParts) index(hash crypto.Hash) (hashIndex, error) {
	x := hashIndex{hash: hash}
	for _, raw := range p.certificates {
		x.certificates = append(x.certificates, cmsSum(hash, raw))
	}
	for _, raw := range p.crls {
		x.crls = append(x.crls, cmsSum(hash, raw))
	}
	for _, a := range p.unsigned {
		for _, v := range a.Values {
			x.unsigned = append(x.unsigned, cmsSum(hash, a.instance(v)))
		}
	}
	var err error
	x.raw, err = x.encode()
	return x, err
}

// instance is what the index hashes of an attribute: its type followed by one of its values
// (5.5.2), so that an attribute may get more values without breaking older indexes.
func (a Attribute) instance(value []byte) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(value)+16))
	b.AddASN1ObjectIdentifier(a.Type)
	b.AddBytes(value)
	raw, _ := b.Bytes()
	return raw
}

func (x *hashIndex) encode() ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(cmsHashOID(x.hash)) })
		for _, list := range [][][]byte{x.certificates, x.crls, x.unsigned} {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				for _, digest := range list {
					b.AddASN1OctetString(digest)
				}
			})
		}
	})
	return b.Bytes()
}

func parseIndex(raw []byte) (hashIndex, error) {
	x := hashIndex{raw: raw}
	in := cryptobyte.String(raw)
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) || !in.Empty() {
		return x, cmsMalformed("ats-hash-index-v3")
	}
	id, ok := readAlgorithmIdentifier(&seq, cbasn1.SEQUENCE)
	if !ok {
		return x, cmsMalformed("ats-hash-index-v3")
	}
	if x.hash = id.Hash(); !cmsComputable(x.hash) || x.hash == crypto.SHA1 {
		return x, fmt.Errorf("index by %s: %w", cmsHashName(x.hash), ErrArchive)
	}
	for _, list := range []*[][]byte{&x.certificates, &x.crls, &x.unsigned} {
		var digests cryptobyte.String
		if !seq.ReadASN1(&digests, cbasn1.SEQUENCE) {
			return x, cmsMalformed("ats-hash-index-v3")
		}
		for !digests.Empty() {
			var digest []byte
			if len(*list) == cmsMaxRevocations || !digests.ReadASN1Bytes(&digest, cbasn1.OCTET_STRING) {
				return x, cmsMalformed("ats-hash-index-v3")
			}
			*list = append(*list, digest)
		}
	}
	if !seq.Empty() {
		return x, cmsMalformed("ats-hash-index-v3")
	}
	return x, nil
}

// archiveInput are the octets that an archive-time-stamp-v3 is over (EN 319 122-1, 5.5.3):
// the type of the content, its digest, the signer's fields up to the signature, the index.
func (c *CMS) archiveInput(signer *SignerInfo, contentDigest []byte, x hashIndex) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(signer.fields)+len(x.raw)+128))
	b.AddASN1ObjectIdentifier(c.ContentType)
	b.AddBytes(contentDigest)
	b.AddBytes(signer.fields)
	b.AddBytes(x.raw)
	return b.Bytes()
}

// Archive is a prepared archive time-stamp: what is kept until the token is there.
type Archive struct {
	CMS    []byte   // to be stamped, with the evidence in it
	Index  []byte   // ATSHashIndexV3
	Digest [32]byte // to be stamped
}

// PrepareArchive draws up an archive-time-stamp-v3 over a CMS of one signer, whose detached
// content has the given SHA-256. All validation data has to be in the CMS: what comes later
// the time-stamp does not cover.
func PrepareArchive(cms []byte, contentSHA256 [32]byte) (*Archive, error) {
	p, err := takeApart(cms)
	if err != nil {
		return nil, err
	}
	// EN 319 122-1, 5.5.3: the digest algorithm of the imprint should be announced.
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(cmsHashOID(crypto.SHA256)) })
	sha256, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(p.cms.DigestAlgorithms, func(a AlgorithmIdentifier) bool { return a.Hash() == crypto.SHA256 }) {
		p.digests = append(p.digests, sha256)
	}
	x, err := p.index(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	input, err := p.cms.archiveInput(p.signer, contentSHA256[:], x)
	if err != nil {
		return nil, err
	}
	a := &Archive{Index: x.raw, Digest: [32]byte(cmsSum(crypto.SHA256, input))}
	a.CMS, err = p.put()
	return a, err
}

// Embed puts the token over a.Digest in place and is the archived CMS. It refuses a token
// over something else ([ErrArchive]).
func (a *Archive) Embed(token []byte) ([]byte, error) {
	stamp, err := ParseTimeStamp(token)
	if err != nil {
		return nil, err
	}
	if stamp.Hash != crypto.SHA256 || !bytes.Equal(stamp.Imprint, a.Digest[:]) {
		return nil, ErrArchive
	}
	// The index is unsigned in the token, and safe: the imprint is over it.
	token, err = AddUnsigned(token, Attribute{Type: oidATSHashIndexV3, Values: [][]byte{a.Index}})
	if err != nil {
		return nil, fmt.Errorf("adding the index: %w", err)
	}
	return AddUnsigned(a.CMS, Attribute{Type: oidArchiveTimeStampV3, Values: [][]byte{token}})
}

// ArchiveTimeStamps are the tokens of all archive-time-stamp-v3 attributes, unread.
func (s *SignerInfo) ArchiveTimeStamps() [][]byte {
	var tokens [][]byte
	for _, a := range s.UnsignedAttrs {
		if a.Type.Equal(oidArchiveTimeStampV3) {
			tokens = append(tokens, a.Values...)
		}
	}
	return tokens
}

// Archived is what an archive time-stamp proves to have existed at its time, beside the
// signature and its content.
type Archived struct {
	Stamp *TimeStamp
	// Certs, CRLs and OCSPs are of the CMS; Tokens are the values of the unsigned attributes
	// that are time-stamps, with whatever their own CMS carries.
	Certs, CRLs, OCSPs, Tokens [][]byte
}

// CheckArchive checks an archive-time-stamp-v3 of a signer (an index into Signers): the
// token's own signature, that its index names nothing that is not there, and its imprint.
// digest answers the hash of the signed content. Whether the authority is to be trusted is
// not judged. Errors wrap [ErrTimeStamp] or [ErrArchive], or are digest's.
func (c *CMS) CheckArchive(signer int, token []byte, digest func(crypto.Hash) ([]byte, error)) (*Archived, error) {
	stamp, err := ParseTimeStamp(token)
	if err != nil {
		return nil, err
	}
	inner, err := ParseCMS(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTimeStamp, err)
	}
	x, err := indexOf(&inner.Signers[0])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArchive, err)
	}
	a := &Archived{Stamp: stamp}
	s := &c.Signers[signer]
	if !c.covered(x, s, a) {
		return nil, fmt.Errorf("an index of what is not there: %w", ErrArchive)
	}
	content, err := digest(stamp.Hash)
	if err != nil {
		return nil, err
	}
	input, err := c.archiveInput(s, content, x)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrArchive, err)
	}
	if !bytes.Equal(cmsSum(stamp.Hash, input), stamp.Imprint) {
		return nil, fmt.Errorf("imprint: %w", ErrArchive)
	}
	return a, nil
}

// indexOf is the one index of a token.
func indexOf(token *SignerInfo) (hashIndex, error) {
	var found [][]byte
	for _, a := range token.UnsignedAttrs {
		if a.Type.Equal(oidATSHashIndexV3) {
			found = append(found, a.Values...)
		}
	}
	if len(found) != 1 {
		return hashIndex{}, fmt.Errorf("%d indexes: %w", len(found), ErrNoAttribute)
	}
	return parseIndex(found[0])
}

// covered looks up what the index names; false if a digest names nothing (5.5.2: then the
// time-stamp is over something that was taken away since).
func (c *CMS) covered(x hashIndex, s *SignerInfo, a *Archived) bool {
	look := func(digests [][]byte) func(raw []byte) bool {
		listed := make(map[string]bool, len(digests))
		for _, d := range digests {
			listed[string(d)] = true
		}
		return func(raw []byte) bool { return listed[string(cmsSum(x.hash, raw))] }
	}
	certificate, crl, unsigned := look(x.certificates), look(x.crls), look(x.unsigned)
	found := map[string]bool{}
	note := func(kind string, raw []byte) { found[kind+string(cmsSum(x.hash, raw))] = true }
	for _, cert := range c.Certificates {
		if certificate(cert.Raw) {
			note("certificate", cert.Raw)
			a.Certs = append(a.Certs, cert.Raw)
		}
	}
	for _, raw := range c.OtherCertificates {
		if certificate(raw) {
			note("certificate", raw)
		}
	}
	for _, raw := range c.CRLs {
		if crl(raw) {
			note("crl", raw)
			a.CRLs = append(a.CRLs, raw)
		}
	}
	for _, der := range c.OCSPs {
		if raw := otherRevocation(der); crl(raw) {
			note("crl", raw)
			a.OCSPs = append(a.OCSPs, der)
		}
	}
	for _, raw := range c.OtherRevocations {
		if crl(raw) {
			note("crl", raw)
		}
	}
	for _, attribute := range s.UnsignedAttrs {
		for _, value := range attribute.Values {
			raw := attribute.instance(value)
			if !unsigned(raw) {
				continue
			}
			note("unsigned", raw)
			if attribute.Type.Equal(oidSignatureTimeStamp) || attribute.Type.Equal(oidArchiveTimeStampV3) {
				a.Tokens = append(a.Tokens, value)
			}
		}
	}
	for kind, digests := range map[string][][]byte{"certificate": x.certificates, "crl": x.crls, "unsigned": x.unsigned} {
		for _, d := range digests {
			if !found[kind+string(d)] {
				return false
			}
		}
	}
	return true
}
