package pades

import (
	"crypto"
	_ "crypto/sha1" // read only: signatures of the past, always reported as weak
	_ "crypto/sha256"
	_ "crypto/sha3"
	_ "crypto/sha512"
	"encoding/asn1"
)

// Content types (RFC 5652, 4 and 5.1; RFC 3161, 2.4.2).
var (
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTSTInfo    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// Attribute types (RFC 5652, 11; RFC 5035, 3; RFC 2634, 5.4; RFC 6211, 2; EN 319 122-1, 5.2.8, 5.3, 5.5.2 and 5.5.3).
var (
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidAlgorithmProtection  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidSignatureTimeStamp   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidContentTimeStamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 20}
	oidArchiveTimeStampV3   = asn1.ObjectIdentifier{0, 4, 0, 1733, 2, 4}
	oidATSHashIndexV3       = asn1.ObjectIdentifier{0, 4, 0, 19122, 1, 5}
)

// Other revocation formats in SignedData.crls (RFC 5940, 2).
var oidOCSPResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 16, 2}

// Public key and signature algorithms without a hash in their identifier (RFC 8017, A; RFC 8410, 3).
var (
	oidRSAEncryption = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidRSAPSS        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidEd25519       = asn1.ObjectIdentifier{1, 3, 101, 112}
)

// Digest algorithms and the signature algorithms that name them: RFC 5754, 2 and 3; RFC 3279, 2.2;
// RFC 8692, 2; the NIST registry for SHA-3 (2.16.840.1.101.3.4).
var cmsHashes = []struct {
	hash               crypto.Hash
	digest, rsa, ecdsa asn1.ObjectIdentifier
}{
	{crypto.SHA256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
	{crypto.SHA384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}},
	{crypto.SHA512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}},
	{crypto.SHA224, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}},
	{crypto.SHA3_224, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 7}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 13}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 9}},
	{crypto.SHA3_256, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 8}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 14}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 10}},
	{crypto.SHA3_384, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 9}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 15}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 11}},
	{crypto.SHA3_512, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 10}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 16}, asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 3, 12}},
	{crypto.SHA1, asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}},
	// MD5 is known by name only, so that it can be refused by name; nothing here computes it.
	{crypto.MD5, asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}, nil},
}

// cmsHashByOID answers the digest algorithm of that identifier, 0 if it is not known.
func cmsHashByOID(oid asn1.ObjectIdentifier) crypto.Hash {
	for _, h := range cmsHashes {
		if oid.Equal(h.digest) {
			return h.hash
		}
	}
	return 0
}

// cmsHashOID is the identifier of a digest algorithm, nil if it is not known.
func cmsHashOID(hash crypto.Hash) asn1.ObjectIdentifier {
	for _, h := range cmsHashes {
		if h.hash == hash {
			return h.digest
		}
	}
	return nil
}

// cmsComputable says whether a digest of this kind is ever computed: MD5 collisions are
// made in seconds, so an MD5 digest that matches would say nothing.
func cmsComputable(h crypto.Hash) bool {
	return h != 0 && h != crypto.MD5 && h.Available()
}

// cmsSum is the digest of b; h must be computable.
func cmsSum(h crypto.Hash, b []byte) []byte {
	d := h.New()
	d.Write(b)
	return d.Sum(nil)
}
