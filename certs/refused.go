package certs

import (
	"crypto/x509"
	"slices"
)

// Refused lists what of the stock concerns cert, which issuer issued, and is no evidence about it: OCSP responses that
// name its serial number or cannot be read, CRLs that bear its issuer's name. Each is Unknown with a Cause, and says its
// Source. What is about others is no matter of cert, and is not listed.
func (s *Stock) Refused(cert, issuer *x509.Certificate) []Revocation {
	var refused []Revocation
	note := func(source string, raw []byte, err error) bool {
		answer := unknown(cert, err)
		answer.Source, answer.Raw = source, raw
		refused = append(refused, answer)
		return len(refused) < maxRefused
	}
	for i, raw := range s.ocsps[:min(len(s.ocsps), maxStockChecks)] {
		basic, err := s.read[i], s.faults[i]
		if err == nil {
			if !basic.numbers(cert) {
				continue
			}
			_, err = basic.authentic(raw, cert, issuer, nil)
		}
		if err != nil && !note("ocsp", raw, err) {
			return refused
		}
	}
	for i, raw := range s.crls[:min(len(s.crls), maxStockChecks)] {
		if !issuedBy(raw, issuer) {
			continue
		}
		list, err := s.list(i, raw, issuer)
		if err == nil && list == nil {
			_, err = authenticCRL(raw, issuer)
		} else if err == nil {
			err = list.state(cert, &Revocation{})
		}
		if err != nil && !note("crl", raw, err) {
			return refused
		}
	}
	return refused
}

// maxRefused bounds what is said about one certificate: each may have cost a signature check.
const maxRefused = 16

// numbers says whether the response holds an answer about a certificate of this serial number, whoever issued it.
func (basic *basicOCSPResponse) numbers(cert *x509.Certificate) bool {
	return slices.ContainsFunc(basic.Data.Responses, func(single singleResponse) bool {
		return single.ID.SerialNumber != nil && single.ID.SerialNumber.Cmp(cert.SerialNumber) == 0
	})
}
