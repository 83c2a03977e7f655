package certs

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
)

// CheckTSAUsage says whether the certificate may make time-stamps: an end-entity
// certificate whose extended key usage is critical and id-kp-timeStamping alone (RFC
// 3161, 2.3). Otherwise the error wraps ErrUsage.
func CheckTSAUsage(cert *x509.Certificate) error {
	extKeyUsage := asn1.ObjectIdentifier{2, 5, 29, 37}
	critical := slices.ContainsFunc(cert.Extensions, func(e pkix.Extension) bool { return e.Critical && e.Id.Equal(extKeyUsage) })
	only := slices.Equal(cert.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping}) && len(cert.UnknownExtKeyUsage) == 0
	signs := cert.KeyUsage == 0 || cert.KeyUsage&(x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment) != 0
	if cert.IsCA || !critical || !only || !signs {
		return fmt.Errorf("certificate %s, for time-stamps: %w", Serial(cert), ErrUsage)
	}
	return nil
}
