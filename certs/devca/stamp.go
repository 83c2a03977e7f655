package devca

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/digitorus/timestamp"

	"kytiem/pades"
)

// The syntax of RFC 3161, 2.4.2, and RFC 5652, 5.1, as far as tokens need it. The library that reads requests could
// write tokens, but puts the machine's time into them beside ours.
type (
	tstInfo struct {
		Version  int
		Policy   asn1.ObjectIdentifier
		Imprint  messageImprint
		Serial   *big.Int
		GenTime  time.Time `asn1:"generalized"`
		Accuracy struct{ Seconds int }
		Nonce    *big.Int `asn1:"optional"`
	}
	messageImprint struct {
		Hash   pkix.AlgorithmIdentifier
		Digest []byte
	}
	signedData struct {
		Version      int
		Digests      []pkix.AlgorithmIdentifier `asn1:"set"`
		Encapsulated struct {
			Type    asn1.ObjectIdentifier
			Content []byte `asn1:"explicit,tag:0"`
		}
		Certificates asn1.RawValue    `asn1:"optional"`
		Signers      []tokenSignature `asn1:"set"`
	}
	tokenSignature struct {
		Version    int
		ID         issuerAndSerial
		Digest     pkix.AlgorithmIdentifier
		Attributes asn1.RawValue
		Algorithm  pkix.AlgorithmIdentifier
		Signature  []byte
	}
	issuerAndSerial struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
)

var (
	sha256Identifier = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}
	oidTSTInfo       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
)

// stamp answers a time-stamp request (RFC 3161). Any hash is stamped but SHA-1.
func (ca *CA) stamp(request []byte) ([]byte, error) {
	asked, err := timestamp.ParseRequest(request)
	if err != nil || len(asked.HashedMessage) != asked.HashAlgorithm.Size() {
		return nil, errors.New("malformed time-stamp request")
	}
	if asked.HashAlgorithm != crypto.SHA256 && asked.HashAlgorithm != crypto.SHA384 && asked.HashAlgorithm != crypto.SHA512 {
		return timestamp.CreateErrorResponse(timestamp.Rejection, timestamp.BadAlgorithm)
	}
	serial := make([]byte, 16)
	rand.Read(serial)
	serial[0] = 0x54
	info := tstInfo{
		Version: 1, Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, // of nobody
		Imprint: messageImprint{hashIdentifier(asked.HashAlgorithm), bytes.Clone(asked.HashedMessage)},
		Serial:  new(big.Int).SetBytes(serial), GenTime: ca.options.Now().UTC(), Nonce: asked.Nonce,
	}
	info.Accuracy.Seconds = 1
	var certificates []*x509.Certificate
	tsa := ca.TSA()
	if asked.Certificates {
		certificates = append(certificates, tsa.Certificate)
	}
	token, err := tsa.stampToken(info, certificates)
	if err != nil {
		return nil, fmt.Errorf("making the time-stamp: %w", err)
	}
	return asn1.Marshal(struct {
		Status struct{ Status int }
		Token  asn1.RawValue
	}{Token: asn1.RawValue{FullBytes: token}})
}

func hashIdentifier(hash crypto.Hash) pkix.AlgorithmIdentifier {
	id := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, Parameters: asn1.NullRawValue}
	switch hash {
	case crypto.SHA384:
		id.Algorithm[8] = 2
	case crypto.SHA512:
		id.Algorithm[8] = 3
	}
	return id
}

// stampToken signs a TSTInfo.
func (a Authority) stampToken(info tstInfo, certificates []*x509.Certificate) ([]byte, error) {
	content, err := asn1.Marshal(info)
	if err != nil {
		return nil, err
	}
	attributes, err := pades.SignedAttributes(pades.AttributeOptions{
		Digest: sum(crypto.SHA256, content), Hash: crypto.SHA256, Certificate: a.Certificate, SigningTime: info.GenTime, ContentType: oidTSTInfo,
	})
	if err != nil {
		return nil, err
	}
	signature, err := a.Key.Sign(rand.Reader, sum(crypto.SHA256, attributes), crypto.SHA256)
	if err != nil {
		return nil, err
	}
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	if a.Certificate.PublicKeyAlgorithm == x509.RSA {
		algorithm = pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue}
	}
	data := signedData{Version: 3, Digests: []pkix.AlgorithmIdentifier{sha256Identifier}}
	data.Encapsulated.Type, data.Encapsulated.Content = oidTSTInfo, content
	tagged := asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true}
	if len(certificates) > 0 {
		data.Certificates = tagged
		for _, c := range certificates {
			data.Certificates.Bytes = append(data.Certificates.Bytes, c.Raw...)
		}
	}
	var set asn1.RawValue
	if _, err := asn1.Unmarshal(attributes, &set); err != nil {
		return nil, err
	}
	tagged.Bytes = set.Bytes
	data.Signers = []tokenSignature{{
		Version: 1, ID: issuerAndSerial{asn1.RawValue{FullBytes: a.Certificate.RawIssuer}, a.Certificate.SerialNumber},
		Digest: sha256Identifier, Attributes: tagged, Algorithm: algorithm, Signature: signature,
	}}
	return asn1.Marshal(struct {
		Type asn1.ObjectIdentifier
		Data signedData `asn1:"explicit,tag:0"`
	}{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, data})
}
