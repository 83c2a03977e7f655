package verify

import "math"

// Indication is the outcome of validation (EN 319 102-1, 5.1.3): of one signature
// or, for a whole input, the least favourable of its signatures.
type Indication string

// The indications. NoSignature is ours: there was nothing to validate.
const (
	TotalPassed   Indication = "TOTAL_PASSED"
	TotalFailed   Indication = "TOTAL_FAILED"
	Indeterminate Indication = "INDETERMINATE"
	NoSignature   Indication = "NO_SIGNATURE"
)

// SubIndication says why (EN 319 102-1, 5.1.3, tables 5 and 6).
type SubIndication string

// The sub-indications this package gives.
const (
	FormatFailure                 SubIndication = "FORMAT_FAILURE"
	HashFailure                   SubIndication = "HASH_FAILURE"
	SigCryptoFailure              SubIndication = "SIG_CRYPTO_FAILURE"
	NotYetValid                   SubIndication = "NOT_YET_VALID"
	SigConstraintsFailure         SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure       SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure      SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailureNoPOE SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	TimestampOrderFailure         SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificateFound     SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound       SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	NoCertificateChainFoundNoPOE  SubIndication = "NO_CERTIFICATE_CHAIN_FOUND_NO_POE"
	CertificateChainGeneral       SubIndication = "CERTIFICATE_CHAIN_GENERAL_FAILURE"
	OutOfBoundsNoPOE              SubIndication = "OUT_OF_BOUNDS_NO_POE"
	RevokedNoPOE                  SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE                SubIndication = "REVOKED_CA_NO_POE"
	RevocationOutOfBoundsNoPOE    SubIndication = "REVOCATION_OUT_OF_BOUNDS_NO_POE"
	NoPOE                         SubIndication = "NO_POE"
	TryLater                      SubIndication = "TRY_LATER"
	SignedDataNotFound            SubIndication = "SIGNED_DATA_NOT_FOUND"
)

// failed lists the sub-indications that make a signature TOTAL_FAILED; all others
// leave it INDETERMINATE (EN 319 102-1, table 5).
func (s SubIndication) failed() bool {
	return s == FormatFailure || s == HashFailure || s == SigCryptoFailure || s == NotYetValid
}

// severity orders sub-indications for the choice of the one that a signature is
// reported under: what is broken before what is refused before what is missing.
func (s SubIndication) severity() int {
	for i, other := range [...]SubIndication{
		FormatFailure, HashFailure, SigCryptoFailure, NotYetValid,
		SignedDataNotFound, NoSigningCertificateFound,
		RevokedNoPOE, RevokedCANoPOE, OutOfBoundsNoPOE, SigConstraintsFailure, CryptoConstraintsFailure, CryptoConstraintsFailureNoPOE,
		ChainConstraintsFailure, TimestampOrderFailure, NoCertificateChainFound, NoCertificateChainFoundNoPOE, CertificateChainGeneral,
		RevocationOutOfBoundsNoPOE, NoPOE, TryLater,
	} {
		if s == other {
			return i
		}
	}
	return math.MaxInt // after every known one
}

// ExitCode is the exit code for inputs with these verdicts: 0 all passed, 1 some
// failed, 2 indeterminate, 3 no signature; where several apply, 1 > 3 > 2 > 0.
func ExitCode(verdicts ...Indication) int {
	codes := map[Indication]int{TotalPassed: 0, TotalFailed: 1, Indeterminate: 2, NoSignature: 3}
	rank := [...]int{0: 0, 2: 1, 3: 2, 1: 3}
	worst := 0
	for _, v := range verdicts {
		code, known := codes[v]
		if !known {
			code = 2
		}
		if rank[code] > rank[worst] {
			worst = code
		}
	}
	return worst
}
