package bundle

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Hash is a SHA-256 digest in the tree: of a leaf or of a node.
type Hash = tlog.Hash

// FieldSalt is the 128-bit salt of one field of one record: it opens that field's
// digest and no other.
type FieldSalt [16]byte

// Fields are the names of a record's fields in the fixed order in which their
// digests stand in the leaf, tree version 1. The order is part of the format.
func Fields() []string { return slices.Clone(fields[:]) }

var fields = [...]string{
	"id", "unit",
	"full_name", "gender", "birth_date", "id_type", "id_number", "nationality",
	"dose_number", "vaccinated_on", "vaccine", "lot_number", "site",
	"identity", "match_reason", "health_confirmed_by", "police_confirmed_by", "external_id",
}

// fieldTag sets field digests apart from leaves (0x00) and nodes (0x01) of RFC
// 6962, 2.1.
const fieldTag = 0x02

// appendField writes the canonical JSON of the record's field with index i.
func (r *Record) appendField(b []byte, i int) []byte {
	switch fields[i] {
	case "birth_date":
		return append(r.BirthDate.append(append(b, '"')), '"')
	case "vaccinated_on":
		return append(r.VaccinatedOn.append(append(b, '"')), '"')
	case "dose_number":
		return strconv.AppendInt(b, int64(r.DoseNumber), 10)
	}
	return appendString(b, [...]string{
		r.ID, r.Unit,
		r.FullName, string(r.Gender), "", string(r.IDType), r.IDNumber, r.Nationality,
		"", "", r.Vaccine, r.LotNumber, r.Site,
		string(r.Identity), r.MatchReason, r.HealthConfirmedBy, r.PoliceConfirmedBy, r.ExternalID,
	}[i])
}

// fieldSalts derives the salt of every field from the record's own:
// HMAC-SHA256(record salt, field name), its first 16 bytes.
func (s Salt) fieldSalts() (salts [len(fields)]FieldSalt) {
	mac := hmac.New(sha256.New, s[:])
	room := make([]byte, 0, sha256.Size) // for names and sums alike: half of sealing a record is hashing
	for i, name := range fields {
		mac.Reset()
		mac.Write(append(room, name...))
		copy(salts[i][:], mac.Sum(room))
	}
	return salts
}

// fieldDigest is d_f = SHA-256(0x02 ‖ salt ‖ JCS(value)).
func fieldDigest(salt FieldSalt, value []byte) Hash {
	var room [256]byte
	b := append(room[:0], fieldTag)
	b = append(b, salt[:]...)
	return sha256.Sum256(append(b, value...))
}

// Digests are the salted digests of the record's fields, in the order of
// [Fields].
func (r *Record) Digests() []Hash {
	salts := r.Salt.fieldSalts()
	digests := make([]Hash, len(fields))
	var room [256]byte
	for i := range fields {
		digests[i] = fieldDigest(salts[i], r.appendField(room[:0], i))
	}
	return digests
}

// Leaf is the record's leaf hash.
func (r *Record) Leaf() Hash { return leafOf(r.Digests()) }

// leafTag sets leaves apart from nodes (RFC 6962, 2.1).
const leafTag = 0x00

// leafOf hashes the leaf of the field digests: SHA-256(0x00 ‖ JCS({"d":[…],"v":1})),
// each digest in lower-case hexadecimal (RFC 6962, 2.1).
func leafOf(digests []Hash) Hash {
	var room [16 + len(fields)*(2*sha256.Size+3)]byte
	b := append(room[:0], leafTag)
	b = append(b, `{"d":[`...)
	for i, d := range digests {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = hex.AppendEncode(b, d[:])
		b = append(b, '"')
	}
	return sha256.Sum256(append(b, `],"v":1}`...))
}
