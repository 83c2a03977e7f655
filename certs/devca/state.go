package devca

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// state is the file devca.json of Options.State: everything that makes it the same authority the next time, private keys in
// the clear.
type state struct {
	Warning string                `json:"warning"`
	Keys    map[string][]byte     `json:"keys"` // PKCS#8
	Root    []byte                `json:"root"` // DER
	TSARoot []byte                `json:"tsa_root"`
	Issued  map[string]string     `json:"issued"`
	Revoked map[string]revocation `json:"revoked"`
}

func (ring *keyRing) named() map[string]*crypto.Signer {
	return map[string]*crypto.Signer{
		"root": &ring.Root, "issuing": &ring.Issuing, "responder": &ring.Responder, "tsa_root": &ring.TSARoot, "tsa": &ring.TSA,
	}
}

func (ca *CA) stateFile() string { return filepath.Join(ca.options.State, "devca.json") }

// load takes up an earlier authority; false if there is none.
func (ca *CA) load() (bool, error) {
	if ca.options.State == "" {
		return false, nil
	}
	raw, err := os.ReadFile(ca.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	var kept state
	if err == nil {
		err = json.Unmarshal(raw, &kept)
	}
	if err != nil {
		return false, fmt.Errorf("reading the state: %w", err)
	}
	for name, key := range ca.keys.named() {
		parsed, err := x509.ParsePKCS8PrivateKey(kept.Keys[name])
		if err != nil {
			return false, fmt.Errorf("reading key %s of the state: %w", name, err)
		}
		var ok bool
		if *key, ok = parsed.(crypto.Signer); !ok {
			return false, fmt.Errorf("key %s of the state does not sign", name)
		}
	}
	root, err := x509.ParseCertificate(kept.Root)
	if err != nil {
		return false, fmt.Errorf("reading the root of the state: %w", err)
	}
	tsaRoot, err := x509.ParseCertificate(kept.TSARoot)
	if err != nil {
		return false, fmt.Errorf("reading the time-stamp root of the state: %w", err)
	}
	ca.root, ca.tsaRoot = Authority{root, ca.keys.Root}, Authority{tsaRoot, ca.keys.TSARoot}
	if kept.Issued != nil {
		ca.issued = kept.Issued
	}
	if kept.Revoked != nil {
		ca.revoked = kept.Revoked
	}
	return true, nil
}

// save writes the state, by renaming, so that a stop half-way leaves the old one. The caller holds ca.mu.
func (ca *CA) save() error {
	if ca.options.State == "" {
		return nil
	}
	kept := state{
		Warning: "development CA, private keys in the clear: never for real use",
		Keys:    map[string][]byte{}, Root: ca.root.Certificate.Raw, TSARoot: ca.tsaRoot.Certificate.Raw,
		Issued: ca.issued, Revoked: ca.revoked,
	}
	for name, key := range ca.keys.named() {
		der, err := x509.MarshalPKCS8PrivateKey(*key)
		if err != nil {
			return fmt.Errorf("encoding key %s: %w", name, err)
		}
		kept.Keys[name] = der
	}
	raw, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return fmt.Errorf("encoding the state: %w", err)
	}
	if err := os.MkdirAll(ca.options.State, 0o700); err != nil {
		return fmt.Errorf("keeping the state: %w", err)
	}
	if err := os.WriteFile(ca.stateFile()+".new", raw, 0o600); err != nil {
		return fmt.Errorf("keeping the state: %w", err)
	}
	return os.Rename(ca.stateFile()+".new", ca.stateFile())
}
