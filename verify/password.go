package verify

import (
	"bytes"

	"kytiem/pades"
)

// IsPDF looks for the header where readers do (ISO 32000-1, Annex H.3, note 13).
func IsPDF(file []byte) bool {
	return bytes.Contains(file[:min(len(file), 1024)], []byte("%PDF-"))
}

// WrongPassword reports whether a password is none of an encrypted PDF's: who types one is
// told so, and does not take the report for the answer to the right one. Of what is not
// encrypted, or cannot be read, the report tells.
func WrongPassword(file []byte, password string) bool {
	if !IsPDF(file) {
		return false
	}
	f, err := pades.Open(file)
	if err != nil || !f.Encrypted() {
		return false
	}
	opens, err := f.Unlock(password)
	return err == nil && !opens
}
