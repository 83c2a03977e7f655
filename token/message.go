package token

import (
	"bufio"
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The limits of a conversation. Either side is bounded: the child's answers come out of a
// library that is not ours, the child itself could be another program.
const (
	MaxItems        = 4096    // one question; attest signs a few dozen at once
	maxQuestion     = 1 << 20 // that many digests in base64
	maxAnswer       = 128 << 10
	maxCertificates = 1024
)

// Question is the one line that the child is sent. Without items it is to list.
type Question struct {
	Module      string       `json:"module"` // path of the library
	Certificate *Certificate `json:"certificate,omitempty"`
	Login       *Login       `json:"login,omitempty"`
	Items       []Item       `json:"items,omitempty"`
}

// Login is a PIN and how it may be tried.
type Login struct {
	PIN        string `json:"pin,omitempty"`        // empty for a reader with a pad of its own
	FinalTry   bool   `json:"final_try,omitempty"`  // the holder was told that one wrong PIN more locks the token
	Unattended bool   `json:"unattended,omitempty"` // nobody is there: after one wrong PIN none is tried
}

// String keeps the PIN out of logs and errors.
func (Login) String() string { return "PIN" }

// Item is a digest to sign.
type Item struct {
	Algorithm string `json:"algorithm"` // by its JWA name: RS256, PS256, ES256, …
	Digest    []byte `json:"digest"`
}

// Scheme is what the algorithm's name says; the hash is 0 if it is none.
func (i Item) Scheme() (hash crypto.Hash, pss bool) {
	family, size := "", ""
	if len(i.Algorithm) == 5 {
		family, size = i.Algorithm[:2], i.Algorithm[2:]
	}
	if family == "RS" || family == "PS" || family == "ES" {
		hash = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[size]
	}
	return hash, family == "PS"
}

// Certificate is a certificate on a token, and which token that is.
type Certificate struct {
	Slot         uint64 `json:"slot"`
	Token        string `json:"token"` // its label, which need not be its own alone
	Manufacturer string `json:"manufacturer"`
	Model        string `json:"model"`
	Serial       string `json:"serial"`

	ID    []byte `json:"id"` // CKA_ID
	Label string `json:"label"`
	DER   []byte `json:"der"`

	PINPad      bool `json:"pin_pad,omitempty"`       // the PIN is typed at the reader
	PINLow      bool `json:"pin_low,omitempty"`       // a wrong one was tried since the last right one
	PINFinalTry bool `json:"pin_final_try,omitempty"` // one wrong PIN more locks the token: ask the holder twice
	PINLocked   bool `json:"pin_locked,omitempty"`
}

// Answer is one line of the child: a certificate, a signature, or the end.
type Answer struct {
	Certificate *Certificate `json:"certificate,omitempty"`
	Signature   []byte       `json:"signature,omitempty"`
	Fault       string       `json:"fault,omitempty"`  // [Fault.Code]: the end, and why
	Detail      string       `json:"detail,omitempty"` // what the library said
	Done        bool         `json:"done,omitempty"`   // the end; without it an answer was cut off
}

// decode reads one line, strictly: no unknown members, nothing behind.
func decode(line []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	if d.More() {
		return ErrProtocol
	}
	return nil
}

// Serve is the child's side: it reads the question, has it answered, and tells the end of
// it. What answer fails with has to be a [Fault], wrapped, or it is ErrDevice.
func Serve(in io.Reader, out io.Writer, answer func(Question, func(Answer) error) error) error {
	line, err := bufio.NewReader(io.LimitReader(in, maxQuestion)).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("reading the question: %w: %w", ErrProtocol, err)
	}
	var q Question
	if err := decode(line, &q); err != nil {
		return err
	}
	if len(q.Items) > MaxItems || len(q.Items) > 0 && (q.Certificate == nil || q.Login == nil) {
		return ErrProtocol
	}
	encoder := json.NewEncoder(out)
	err = answer(q, func(a Answer) error { return encoder.Encode(a) })
	if err == nil {
		return encoder.Encode(Answer{Done: true})
	}
	fault := ErrDevice
	errors.As(err, &fault)
	return encoder.Encode(Answer{Fault: fault.Code, Detail: err.Error()})
}
