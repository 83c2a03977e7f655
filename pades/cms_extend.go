package pades

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// ErrUnextendedCMS is a CMS that nothing is added to: in BER, of several signers, or
// followed by other bytes. Written again it would not be what was there.
var ErrUnextendedCMS = errors.New("the CMS cannot be extended")

// AddUnsigned is cms with more unsigned attributes in its one signer. All else stays as it
// is, byte by byte, but for the lengths around it; nothing of it is signed. An attribute
// whose value is there already is not added again.
func AddUnsigned(cms []byte, attributes ...Attribute) ([]byte, error) {
	p, err := takeApart(cms)
	if err != nil {
		return nil, err
	}
	for _, a := range attributes {
		if !slices.ContainsFunc(p.signer.UnsignedAttrs, a.same) {
			p.unsigned = append(p.unsigned, a)
		}
	}
	return p.put()
}

func (a Attribute) same(b Attribute) bool {
	return a.Type.Equal(b.Type) && slices.EqualFunc(a.Values, b.Values, bytes.Equal)
}

// AddEvidence is cms with more certificates and revocation data, each value once.
//
// They go into SignedData.certificates and SignedData.crls, where EN 319 122-1, 6.3, wants
// them at the levels B-LT and B-LTA; the attributes certificate-values and
// revocation-values, which say the same, are not for baseline signatures. OCSP responses
// stand there as RFC 5940, 2.1, has it, whole.
func AddEvidence(cms []byte, add Evidence) ([]byte, error) {
	p, err := takeApart(cms)
	if err != nil {
		return nil, err
	}
	crls := slices.Clone(add.CRLs)
	for _, der := range add.OCSPs {
		crls = append(crls, otherRevocation(der))
	}
	p.certificates = union(p.certificates, add.Certs)
	p.crls = union(p.crls, crls)
	return p.put()
}

// union appends what is new, each once.
func union(had, add [][]byte) [][]byte {
	for _, v := range add {
		if !slices.ContainsFunc(had, func(h []byte) bool { return bytes.Equal(h, v) }) {
			had = append(had, v)
		}
	}
	return had
}

// otherRevocation is an OCSP response as a RevocationInfoChoice (RFC 5652, 10.2.1). What is
// not one DER element is found out when it is put in place.
func otherRevocation(der []byte) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(der)+32))
	b.AddASN1(cmsTag1, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidOCSPResponse)
		b.AddBytes(der)
	})
	raw, _ := b.Bytes()
	return raw
}

// cmsParts are the elements of a CMS of one signer.
type cmsParts struct {
	cms                *CMS
	signer             *SignerInfo
	digests            [][]byte
	content            []byte
	certificates, crls [][]byte
	unsigned           []Attribute
}

func takeApart(b []byte) (*cmsParts, error) {
	cms, err := ParseCMS(b)
	if err != nil {
		return nil, err
	}
	if !cms.IsDER || cms.Length != len(b) || len(cms.Signers) != 1 {
		return nil, ErrUnextendedCMS
	}
	p := &cmsParts{cms: cms, signer: &cms.Signers[0]}
	p.unsigned = slices.Clone(p.signer.UnsignedAttrs)
	// ParseCMS has walked this way, so that every element is there.
	in := cryptobyte.String(b)
	var info, explicit, data, digests, content cryptobyte.String
	if !in.ReadASN1(&info, cbasn1.SEQUENCE) || !info.SkipASN1(cbasn1.OBJECT_IDENTIFIER) ||
		!info.ReadASN1(&explicit, cmsTag0) || !explicit.ReadASN1(&data, cbasn1.SEQUENCE) || !data.SkipASN1(cbasn1.INTEGER) ||
		!data.ReadASN1(&digests, cbasn1.SET) || !data.ReadASN1Element(&content, cbasn1.SEQUENCE) {
		return nil, cmsMalformed("SignedData")
	}
	p.content = content
	if p.digests, err = splitElements(digests, cmsMaxSigners); err != nil {
		return nil, err
	}
	if p.certificates, err = readOptionalSet(&data, cmsTag0, cmsMaxCertificates); err != nil {
		return nil, err
	}
	p.crls, err = readOptionalSet(&data, cmsTag1, cmsMaxRevocations)
	return p, err
}

// put writes the parts, with the version that they ask for (RFC 5652, 5.1), and reads
// them again: what we would not read is not written.
func (p *cmsParts) put() ([]byte, error) {
	digests, err := setOf(cbasn1.SET, p.digests)
	if err != nil {
		return nil, err
	}
	unsigned := []byte{}
	if len(p.unsigned) > 0 {
		if unsigned, err = attributeSet(cmsTag1, p.unsigned); err != nil {
			return nil, err
		}
	}
	sets := [2][]byte{}
	for i, set := range [2][][]byte{p.certificates, p.crls} {
		if len(set) == 0 {
			continue
		}
		if sets[i], err = setOf(cmsTag0+cbasn1.Tag(i), slices.Clone(set)); err != nil {
			return nil, err
		}
	}
	write := func(version int) ([]byte, error) {
		b := cryptobyte.NewBuilder(make([]byte, 0, len(sets[0])+len(sets[1])+len(unsigned)+len(p.content)+len(p.signer.fields)+256))
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSignedData)
			b.AddASN1(cmsTag0, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(int64(version))
					b.AddBytes(digests)
					b.AddBytes(p.content)
					b.AddBytes(sets[0])
					b.AddBytes(sets[1])
					b.AddASN1(cbasn1.SET, func(b *cryptobyte.Builder) {
						b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
							b.AddBytes(p.signer.fields)
							b.AddBytes(unsigned)
						})
					})
				})
			})
		})
		return b.Bytes()
	}
	out, err := write(p.cms.Version)
	if err != nil {
		return nil, fmt.Errorf("extending the CMS: %w", err)
	}
	again, err := ParseCMS(out)
	if err != nil {
		return nil, fmt.Errorf("extending the CMS: %w", err)
	}
	if want := again.wantVersion(); want != p.cms.Version {
		return write(want)
	}
	return out, nil
}

// ReplaceContents is the document with another CMS in the hole of a signature: one to which
// a time-stamp was added, say, since nothing in the hole is signed. That holds only while
// the signature is the last thing in the file: a later signature or time-stamp covers the
// hole, and the error is then [ErrUnextendable]. A CMS that does not fit is [ErrTooLarge].
// Whether it is a signature of the same bytes is for the caller to know.
func (f *File) ReplaceContents(s Signature, cms []byte) ([]byte, error) {
	coverage, err := f.Coverage(s)
	if err != nil {
		return nil, err
	}
	if coverage.Extent != WholeFile || s.Revision != len(f.revisions)-1 {
		return nil, fmt.Errorf("%w there: revisions follow the signature", ErrUnextendable)
	}
	if len(cms) > len(s.Contents) {
		return nil, fmt.Errorf("%w: %d bytes of %d", ErrTooLarge, len(cms), len(s.Contents))
	}
	if len(cms) == 0 {
		return nil, fmt.Errorf("%w: no CMS", ErrOptions)
	}
	out := bytes.Clone(f.b)
	embedContents(out[s.ContentsStart+1:s.ContentsEnd-1], cms)
	return out, nil
}
