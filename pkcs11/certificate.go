package pkcs11

import "fmt"

// maxCertificate and maxNames bound what a token can make of one line of package token.
const (
	maxCertificate = 32 << 10
	maxNames       = 2 << 10
)

// Certificate is an X.509 certificate on a token, not parsed.
type Certificate struct {
	ID    []byte // CKA_ID, which it has in common with its key
	Label string
	DER   []byte
}

// Certificates lists the certificates that are visible: on every token seen all of them,
// without a PIN.
func (s *Session) Certificates() ([]Certificate, error) {
	handles, err := s.find(number(attributeClass, classCertificate), number(attributeCertificateType, certificateX509))
	if err != nil {
		return nil, fmt.Errorf("finding certificates: %w", err)
	}
	var list []Certificate
	for _, handle := range handles {
		var c Certificate
		var label []byte
		for kind, into := range map[ulong]*[]byte{attributeID: &c.ID, attributeValue: &c.DER, attributeLabel: &label} {
			if *into, err = s.value(handle, kind); err != nil {
				return nil, fmt.Errorf("reading a certificate: %w", err)
			}
		}
		if c.DER == nil || len(c.DER) > maxCertificate || len(c.ID)+len(label) > maxNames {
			continue // on the token by address only (CKA_URL), or nothing that anybody issued
		}
		c.Label = padded(label)
		list = append(list, c)
	}
	return list, nil
}
