package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	_ "embed" // the table
	"encoding/json"
	"sync"
	"time"
)

// algorithmsJSON says until when an algorithm is believed. What it does not name is not believed at all, and what
// [CheckStrength] refuses is refused at any time. A change of it is a change of its id.
//
//go:embed algorithms.json
var algorithmsJSON []byte

// AlgorithmsHash identifies the table by which algorithms are judged, for reports.
func AlgorithmsHash() [sha256.Size]byte { return sha256.Sum256(algorithmsJSON) }

type algorithmTable struct {
	Hashes, Keys []struct {
		Name, Until string
		Bits        int
	}
}

var algorithms = sync.OnceValue(func() algorithmTable {
	var table algorithmTable
	if json.Unmarshal(algorithmsJSON, &table) != nil {
		return algorithmTable{} // believes nothing; a test reads it
	}
	return table
})

// forever is further away than any date that is compared with it.
var forever = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// HashBelieved is until when a hash is believed to withstand collisions; the zero time if it is not.
func HashBelieved(hash crypto.Hash) time.Time {
	for _, entry := range algorithms().Hashes {
		if entry.Name == hash.String() {
			return untilOf(entry.Until)
		}
	}
	return time.Time{}
}

// Believed is until when the certificate's key, and the signature on it, are believed; the zero time if they are not.
func Believed(cert *x509.Certificate) time.Time {
	if CheckStrength(cert) != nil {
		return time.Time{}
	}
	until := KeyBelieved(cert.PublicKey)
	if hash := hashOf(cert.SignatureAlgorithm); hash != 0 {
		until = earlier(until, HashBelieved(hash))
	}
	return until
}

// KeyBelieved is until when a public key is believed; the zero time if it is not.
func KeyBelieved(key any) time.Time {
	name, bits := "", 0
	switch key := key.(type) {
	case *rsa.PublicKey:
		name, bits = "RSA", key.N.BitLen()
	case *ecdsa.PublicKey:
		name, bits = "ECDSA", key.Curve.Params().BitSize
	}
	var until time.Time
	for _, entry := range algorithms().Keys { // the largest that it reaches
		if entry.Name == name && bits >= entry.Bits {
			until = untilOf(entry.Until)
		}
	}
	return until
}

func untilOf(date string) time.Time {
	if date == "" {
		return forever
	}
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}
	}
	return at
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func hashOf(algorithm x509.SignatureAlgorithm) crypto.Hash {
	switch algorithm {
	case x509.SHA256WithRSA, x509.SHA256WithRSAPSS, x509.ECDSAWithSHA256:
		return crypto.SHA256
	case x509.SHA384WithRSA, x509.SHA384WithRSAPSS, x509.ECDSAWithSHA384:
		return crypto.SHA384
	case x509.SHA512WithRSA, x509.SHA512WithRSAPSS, x509.ECDSAWithSHA512:
		return crypto.SHA512
	}
	return 0
}
