package pades

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
)

// signerChoice is the certificate to check with and what was wrong about it.
type signerChoice struct {
	certificate *CMSCertificate
	findings    []Finding
}

// chooseSigner is R-C8: among the certificates sid points to, the one signing-certificate(-v2)
// names by hash. Several certificates may have the name, serial or key identifier; only one has the hash.
// If none has it the first is still used for the mathematics, with the finding beside it.
func (k *cmsCheck) chooseSigner() signerChoice {
	sub := cmsCheck{cms: k.cms, signer: k.signer, o: k.o, rule: "R-C8"}
	var candidates []*CMSCertificate
	for i := range k.cms.Certificates {
		if c := &k.cms.Certificates[i]; k.signer.SID.names(*c) {
			candidates = append(candidates, c)
		}
	}
	if len(candidates) == 0 {
		sub.fail(NoSigningCertificateFound, "none of %d certificates is the one sid names", len(k.cms.Certificates))
		return signerChoice{findings: sub.findings}
	}

	ids, err := k.signer.SigningCertificates()
	switch {
	case errors.Is(err, ErrNoAttribute):
		sub.strictly(SigConstraintsFailure, "signing-certificate-v2 is absent") // EN 319 122-1, 5.2.2
		return signerChoice{candidates[0], sub.findings}
	case err != nil:
		sub.fail(FormatFailure, "signing-certificate is malformed")
		return signerChoice{candidates[0], sub.findings}
	}
	bound := boundIDs(ids)
	for _, c := range candidates {
		if !slices.ContainsFunc(bound, func(id CertID) bool { return !id.hashes(c.Raw) }) {
			sub.issuerSerial(bound, c)
			return signerChoice{c, sub.findings}
		}
	}
	sub.fail(NoSigningCertificateFound, "signing-certificate names another certificate than sid")
	return signerChoice{candidates[0], sub.findings}
}

// boundIDs are the first of signing-certificate-v2 and the first of signing-certificate: with both
// present, both must name the signer (RFC 5035, 3).
func boundIDs(ids []CertID) []CertID {
	bound := ids[:1:1]
	if i := slices.IndexFunc(ids, func(id CertID) bool { return id.V1 }); i > 0 {
		bound = append(bound, ids[i])
	}
	return bound
}

// hashes says whether id is the hash of the certificate.
func (id CertID) hashes(raw []byte) bool {
	return cmsComputable(id.Hash) && bytes.Equal(id.CertHash, cmsSum(id.Hash, raw))
}

// issuerSerial compares what the attribute says beside the hash. The hash already decides, so
// a difference is a warning.
func (k *cmsCheck) issuerSerial(bound []CertID, c *CMSCertificate) {
	for _, id := range bound {
		if id.Serial != nil && !bytes.Equal(id.Serial, c.fields.serial) || id.Issuer != nil && !bytes.Equal(id.Issuer, c.fields.issuer) {
			k.warn("issuerSerial differs from the certificate it comes with")
		}
		if id.Hash == crypto.SHA1 {
			k.warn("certificate is named by its SHA-1")
		}
	}
}

// signature is R-C7: does the key verify?
func (k *cmsCheck) signature(certificate *CMSCertificate) {
	if certificate == nil {
		k.fail(NoSigningCertificateFound, "signature is not checked: no certificate")
		return
	}
	pub, err := certificate.PublicKey()
	if err != nil {
		k.fail(CryptoConstraintsFailure, "signature is not checked: %v", err)
		return
	}
	scheme := k.signer.SignatureAlgorithm
	hash := scheme.Hash
	if hash == 0 {
		hash = k.hash // rsaEncryption: RFC 3370, 3.2
	}
	err = k.verify(pub, scheme, hash)
	switch {
	case err == nil:
	case isUnsupported(err):
		k.fail(CryptoConstraintsFailure, "signature is not checked: %v", err)
	case errors.Is(err, ErrBadSignature):
		k.fail(SigCryptoFailure, "signature does not verify")
	default:
		k.fail(SignedDataNotFound, "digest of the content is not available")
	}
}

// verify checks over the DER of the signed attributes under the tag of a SET (RFC 5652, 5.4), which is how they are
// written except for the order of some writers; or over the content's digest if there are none.
func (k *cmsCheck) verify(pub crypto.PublicKey, scheme SignatureScheme, hash crypto.Hash) error {
	if k.signer.SignedAttrsRaw == nil {
		if hash != k.hash || !cmsComputable(hash) {
			return fmt.Errorf("no signed attributes, %s: %w", cmsHashName(hash), ErrUnsupportedAlgorithm)
		}
		digest, err := k.contentDigest()
		if err != nil {
			return err
		}
		return scheme.verifyDigest(pub, hash, digest, k.signer.Signature)
	}
	written := bytes.Clone(k.signer.SignedAttrsRaw)
	written[0] = 0x31
	signed, ok := sortedAttributes(k.signer.SignedAttrsRaw)
	if !ok {
		signed = written
	}
	err := scheme.Verify(pub, hash, signed, k.signer.Signature)
	switch {
	case err == nil:
		if !bytes.Equal(signed, written) {
			k.warn("signed attributes are not written in DER order")
		}
	case !errors.Is(err, ErrBadSignature):
	case !bytes.Equal(signed, written) && scheme.Verify(pub, hash, written, k.signer.Signature) == nil:
		// Readers that sort find it broken, others do not: it is no signature for everybody.
		k.strictly(SigConstraintsFailure, "signature is over signed attributes in another order than DER's")
		return nil
	case scheme.verifyWithoutNULL(pub, hash, signed, k.signer.Signature):
		k.warn("DigestInfo of the signature lacks the NULL parameters")
		return nil
	}
	return err
}

// sortedAttributes is the SET in DER order.
func sortedAttributes(raw []byte) ([]byte, bool) {
	in := cryptobyte.String(raw)
	var set cryptobyte.String
	if !in.ReadASN1(&set, cmsTag0) {
		return nil, false
	}
	elements, err := splitElements(set, cmsMaxAttributes)
	if err != nil {
		return nil, false
	}
	sorted, err := setOf(0x31, elements)
	return sorted, err == nil
}

// signingTime is R-C11: the signer's claim.
func (k *cmsCheck) signingTime(certificate *CMSCertificate) {
	t, err := k.signer.SigningTime()
	switch {
	case errors.Is(err, ErrNoAttribute):
		if k.o.Profile == CAdES && !k.o.Attached {
			k.warn("signing-time is absent") // EN 319 122-1, 6.3
		}
		return
	case err != nil:
		k.strictly(SigConstraintsFailure, "signing-time is malformed")
		return
	}
	if k.o.Profile == PAdES {
		k.warn("signing-time is present in a PDF signature") // EN 319 142-1, 6.3: /M has it
	}
	if certificate == nil || certificate.Certificate == nil {
		return
	}
	if c := certificate.Certificate; t.Before(c.NotBefore) || t.After(c.NotAfter) {
		k.fail(SigConstraintsFailure, "claimed signing time %s is outside the certificate's validity", t.Format("2006-01-02T15:04:05Z"))
	}
}
