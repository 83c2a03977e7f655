package devca

import (
	"bytes"
	"crypto"
	"crypto/rand"
	_ "crypto/sha1" // names issuers in OCSP
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// OCSPResponse describes a response to be signed, right or wrong: x/crypto/ocsp makes only right ones, without nonce.
type OCSPResponse struct {
	Issuer *x509.Certificate // whose name and key the CertID hashes
	Serial *big.Int
	Hash   crypto.Hash // of the CertID; SHA-1 if zero

	Status    int // 0 good, 1 revoked, 2 unknown, as in CertStatus
	RevokedAt time.Time
	Reason    int

	ProducedAt, ThisUpdate time.Time
	NextUpdate             time.Time // left out if zero
	Nonce                  []byte    // echoed if not nil

	Signer       Authority           // signs, and is named as responder
	ByKey        bool                // names the responder by key hash instead of by name
	Certificates []*x509.Certificate // sent along
	// Extensions go beside the nonce, SingleExtensions into the answer about the certificate.
	Extensions, SingleExtensions []pkix.Extension
}

// The syntax of RFC 6960, 4.1.1 and 4.2.1.
type (
	certID struct {
		Hash   pkix.AlgorithmIdentifier
		Name   []byte
		Key    []byte
		Serial *big.Int
	}
	ocspRequest struct {
		TBS struct {
			Version    int           `asn1:"optional,default:0,explicit,tag:0"`
			Requestor  asn1.RawValue `asn1:"optional,explicit,tag:1"`
			Requests   []struct{ ID certID }
			Extensions []pkix.Extension `asn1:"optional,explicit,tag:2"`
		}
	}
	responseData struct {
		Responder  asn1.RawValue
		ProducedAt time.Time `asn1:"generalized"`
		Responses  []singleResponse
		Extensions []pkix.Extension `asn1:"optional,omitempty,explicit,tag:1"`
	}
	singleResponse struct {
		ID         certID
		Status     asn1.RawValue
		ThisUpdate time.Time        `asn1:"generalized"`
		NextUpdate time.Time        `asn1:"generalized,optional,explicit,tag:0"`
		Extensions []pkix.Extension `asn1:"optional,omitempty,explicit,tag:1"`
	}
	basicResponse struct {
		Data         asn1.RawValue
		Algorithm    pkix.AlgorithmIdentifier
		Signature    asn1.BitString
		Certificates []asn1.RawValue `asn1:"optional,omitempty,explicit,tag:0"`
	}
	response struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0"`
	}
)

var oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}

// Marshal signs the response and encodes it in DER.
func (r OCSPResponse) Marshal() ([]byte, error) {
	der, err := r.marshal()
	if err != nil {
		return nil, fmt.Errorf("making the OCSP response: %w", err)
	}
	return der, nil
}

func (r OCSPResponse) marshal() ([]byte, error) {
	if r.Hash == 0 {
		r.Hash = crypto.SHA1
	}
	id, err := identify(r.Issuer, r.Serial, r.Hash)
	if err != nil {
		return nil, err
	}
	status, err := r.certStatus()
	if err != nil {
		return nil, err
	}
	responder, err := r.responderID()
	if err != nil {
		return nil, err
	}
	extensions := r.Extensions
	if r.Nonce != nil {
		value, err := asn1.Marshal(r.Nonce)
		if err != nil {
			return nil, err
		}
		extensions = append([]pkix.Extension{{Id: oidNonce, Value: value}}, extensions...)
	}
	data, err := asn1.Marshal(responseData{
		Responder: responder, ProducedAt: r.ProducedAt.UTC(), Extensions: extensions,
		Responses: []singleResponse{{
			ID: id, Status: status, ThisUpdate: r.ThisUpdate.UTC(), NextUpdate: r.NextUpdate.UTC(), Extensions: r.SingleExtensions,
		}},
	})
	if err != nil {
		return nil, err
	}
	return r.sign(data)
}

func (r OCSPResponse) sign(data []byte) ([]byte, error) {
	digest := sha256.Sum256(data)
	signature, err := r.Signer.Key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}}
	if r.Signer.Certificate.PublicKeyAlgorithm == x509.RSA {
		algorithm = pkix.AlgorithmIdentifier{
			Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue,
		}
	}
	basic := basicResponse{
		Data: asn1.RawValue{FullBytes: data}, Algorithm: algorithm,
		Signature: asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)},
	}
	for _, cert := range r.Certificates {
		basic.Certificates = append(basic.Certificates, asn1.RawValue{FullBytes: cert.Raw})
	}
	var outer response
	outer.Bytes.Type = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	if outer.Bytes.Response, err = asn1.Marshal(basic); err != nil {
		return nil, err
	}
	return asn1.Marshal(outer)
}

func identify(issuer *x509.Certificate, serial *big.Int, hash crypto.Hash) (certID, error) {
	oids := map[crypto.Hash]asn1.ObjectIdentifier{
		crypto.SHA1: {1, 3, 14, 3, 2, 26}, crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
	}
	key, err := keyBits(issuer)
	if err != nil {
		return certID{}, err
	}
	if oids[hash] == nil {
		return certID{}, fmt.Errorf("hash %v not known here", hash)
	}
	return certID{
		Hash: pkix.AlgorithmIdentifier{Algorithm: oids[hash], Parameters: asn1.NullRawValue},
		Name: sum(hash, issuer.RawSubject), Key: sum(hash, key), Serial: serial,
	}, nil
}

func keyBits(cert *x509.Certificate) ([]byte, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	_, err := asn1.Unmarshal(cert.RawSubjectPublicKeyInfo, &info)
	return info.Key.RightAlign(), err
}

func sum(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}

func (r OCSPResponse) certStatus() (asn1.RawValue, error) {
	if r.Status != 1 {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: r.Status}, nil
	}
	der, err := asn1.MarshalWithParams(struct {
		At     time.Time       `asn1:"generalized"`
		Reason asn1.Enumerated `asn1:"optional,explicit,tag:0"`
	}{r.RevokedAt.UTC(), asn1.Enumerated(r.Reason)}, "tag:1")
	return asn1.RawValue{FullBytes: der}, err
}

func (r OCSPResponse) responderID() (asn1.RawValue, error) {
	id := asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 1, IsCompound: true, Bytes: r.Signer.Certificate.RawSubject}
	if !r.ByKey {
		return id, nil
	}
	key, err := keyBits(r.Signer.Certificate)
	if err != nil {
		return id, err
	}
	id.Tag = 2
	id.Bytes, err = asn1.Marshal(sum(crypto.SHA1, key))
	return id, err
}

// answerOCSP answers a request for one certificate of the issuing authority.
func (ca *CA) answerOCSP(request []byte) ([]byte, error) {
	var asked ocspRequest
	if rest, err := asn1.Unmarshal(request, &asked); err != nil || len(rest) > 0 || len(asked.TBS.Requests) != 1 {
		return nil, errors.New("malformed OCSP request")
	}
	id := asked.TBS.Requests[0].ID
	ca.mu.Lock()
	defer ca.mu.Unlock()
	hash := crypto.SHA1
	if len(id.Name) == crypto.SHA256.Size() {
		hash = crypto.SHA256
	}
	own, err := identify(ca.issuing.Certificate, id.Serial, hash)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(own.Name, id.Name) || !bytes.Equal(own.Key, id.Key) {
		return []byte{0x30, 3, 0x0a, 1, 6}, nil // unauthorized, RFC 5019, 2.2.3
	}

	now := ca.options.Now().UTC().Truncate(time.Second)
	answer := OCSPResponse{
		Issuer: ca.issuing.Certificate, Serial: id.Serial, Hash: hash, Status: 2,
		ProducedAt: now, ThisUpdate: now, NextUpdate: now.Add(ca.options.OCSPFor),
		Signer: ca.responder, Certificates: []*x509.Certificate{ca.responder.Certificate},
	}
	serial := serialOf(id.Serial)
	if ca.issued[serial] == ca.issuing.Certificate.Subject.CommonName {
		answer.Status = 0
	}
	if entry, ok := ca.revoked[serial]; ok && answer.Status == 0 && !entry.At.After(now) {
		answer.Status, answer.RevokedAt, answer.Reason = 1, entry.At, entry.Reason
	}
	for _, e := range asked.TBS.Extensions {
		if e.Id.Equal(oidNonce) {
			if _, err := asn1.Unmarshal(e.Value, &answer.Nonce); err != nil {
				return nil, errors.New("malformed nonce")
			}
		}
	}
	return answer.Marshal()
}
