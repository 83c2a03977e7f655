package pades

import (
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// ErrTimeStamp is a time-stamp token that is malformed, or not over what it should be.
var ErrTimeStamp = errors.New("unusable time-stamp token")

// MaxTimeStampBytes bounds a token: a signature and a few certificates.
const MaxTimeStampBytes = 64 << 10

// TimeStamp is a time-stamp token (RFC 3161, 2.4.2) whose format and mathematics hold.
// Whether its authority is to be trusted is not judged here.
type TimeStamp struct {
	At      time.Time // genTime, UTC
	Policy  asn1.ObjectIdentifier
	Serial  *big.Int
	Nonce   *big.Int // nil if absent
	Hash    crypto.Hash
	Imprint []byte

	Authority    *x509.Certificate   // that signed it
	Certificates []*x509.Certificate // that came along: hints, not evidence
}

// tstInfo is TSTInfo (RFC 3161, 2.4.2) up to where its optional parts begin, which
// follow in an order of their own.
type tstInfo struct {
	Version        int
	Policy         asn1.ObjectIdentifier
	MessageImprint messageImprint
	SerialNumber   *big.Int
	GenTime        time.Time       `asn1:"generalized"`
	Accuracy       accuracy        `asn1:"optional"`
	Ordering       bool            `asn1:"optional,default:false"`
	Nonce          *big.Int        `asn1:"optional"`
	TSA            asn1.RawValue   `asn1:"optional,tag:0,explicit"`
	Extensions     []asn1.RawValue `asn1:"optional,tag:1"`
}

type accuracy struct {
	Seconds int `asn1:"optional"`
	Millis  int `asn1:"optional,tag:0"`
	Micros  int `asn1:"optional,tag:1"`
}

type messageImprint struct {
	HashAlgorithm algorithmIdentifier
	HashedMessage []byte
}

type algorithmIdentifier struct {
	Algorithm  asn1.ObjectIdentifier
	Parameters asn1.RawValue `asn1:"optional"`
}

// ParseTimeStamp reads a token and checks its signature with the certificate it names
// (RFC 3161, 2.4.2; RFC 5816). Errors wrap ErrTimeStamp.
func ParseTimeStamp(token []byte) (*TimeStamp, error) {
	if len(token) > MaxTimeStampBytes {
		return nil, fmt.Errorf("%d bytes: %w", len(token), ErrTimeStamp)
	}
	cms, err := ParseCMS(token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTimeStamp, err)
	}
	if cms.Length != len(token) || len(cms.Signers) != 1 || !cms.ContentType.Equal(oidTSTInfo) {
		return nil, fmt.Errorf("one signer over one TSTInfo: %w", ErrTimeStamp)
	}
	result := cms.Check(0, func(h crypto.Hash) ([]byte, error) {
		d := h.New()
		d.Write(cms.Content)
		return d.Sum(nil), nil
	}, CheckOptions{Profile: CAdES, Attached: true, ContentType: oidTSTInfo})
	for _, f := range result.Findings {
		if f.Status == Fail {
			return nil, fmt.Errorf("%s, %s: %w", f.Rule, f.Sub, ErrTimeStamp)
		}
	}
	if result.Signer == nil || result.Signer.Certificate == nil {
		return nil, fmt.Errorf("without the authority's certificate: %w", ErrTimeStamp)
	}
	var info tstInfo
	rest, err := asn1.Unmarshal(cms.Content, &info)
	if err != nil || len(rest) > 0 || info.Version != 1 {
		return nil, fmt.Errorf("TSTInfo: %w", ErrTimeStamp)
	}
	hash := cmsHashByOID(info.MessageImprint.HashAlgorithm.Algorithm)
	if !slices.Contains([]crypto.Hash{crypto.SHA256, crypto.SHA384, crypto.SHA512}, hash) || len(info.MessageImprint.HashedMessage) != hash.Size() {
		return nil, fmt.Errorf("imprint: %w", ErrTimeStamp)
	}
	stamp := &TimeStamp{
		At: info.GenTime.UTC(), Policy: info.Policy, Serial: info.SerialNumber, Nonce: info.Nonce, Hash: hash,
		Imprint: info.MessageImprint.HashedMessage, Authority: result.Signer.Certificate,
	}
	for _, c := range cms.Certificates {
		if c.Certificate != nil {
			stamp.Certificates = append(stamp.Certificates, c.Certificate)
		}
	}
	return stamp, nil
}

// TimeStampRequest is what an authority is asked (RFC 3161, 2.4.1): to stamp a SHA-256
// digest, to answer with this nonce, and to send its certificate along.
func TimeStampRequest(digest [32]byte, nonce *big.Int) ([]byte, error) {
	return asn1.Marshal(struct {
		Version        int
		MessageImprint messageImprint
		Nonce          *big.Int
		CertReq        bool
	}{1, messageImprint{
		algorithmIdentifier{Algorithm: cmsHashOID(crypto.SHA256), Parameters: asn1.NullRawValue},
		digest[:],
	}, nonce, true})
}

// ParseTimeStampResponse takes the token out of an answer (RFC 3161, 2.4.2). One that
// grants nothing is an error that names its status.
func ParseTimeStampResponse(response []byte) (token []byte, err error) {
	var answer struct {
		Status struct {
			Status int
			Text   asn1.RawValue  `asn1:"optional"`
			Fail   asn1.BitString `asn1:"optional"`
		}
		Token asn1.RawValue `asn1:"optional"`
	}
	rest, err := asn1.Unmarshal(response, &answer)
	switch {
	case err != nil || len(rest) > 0:
		return nil, fmt.Errorf("reading the answer: %w", ErrTimeStamp)
	case answer.Status.Status != 0 && answer.Status.Status != 1: // granted, grantedWithMods
		return nil, fmt.Errorf("the authority answered with status %d: %w", answer.Status.Status, ErrTimeStamp)
	case len(answer.Token.FullBytes) == 0:
		return nil, fmt.Errorf("an answer without a token: %w", ErrTimeStamp)
	}
	return answer.Token.FullBytes, nil
}
