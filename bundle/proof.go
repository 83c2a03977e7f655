package bundle

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// MaxProofBytes bounds a proof: a manifest, a signature and some forty digests.
const MaxProofBytes = 4 << 20

// Proof shows, without the service and without the other records, that one record
// stands under a signed root. Of the record it discloses the fields its holder
// chose, and of the rest only the salted digests.
type Proof struct {
	Digests   []HexHash             // of all fields, in the order of [Fields]
	Disclosed map[string]Disclosure // by field name
	Index     int                   // of the leaf, from 0
	Manifest  []byte                // manifest.json, exact bytes
	P7S       []byte                // its detached signature; empty where there is none
	Path      []HexHash             // audit path, RFC 6962, 2.1.1
}

// Disclosure opens one field: its value and the salt that leads to its digest.
type Disclosure struct {
	Salt  FieldSalt
	Value Value
}

// Value is the canonical JSON of a field's value, a text or a whole number.
type Value []byte

// Text is the value for people: a text without its quotes, a number in digits.
func (v Value) Text() string {
	if len(v) > 0 && v[0] == '"' {
		r := canonicalReader{data: v}
		return r.text()
	}
	return string(v)
}

// Prove makes the proof of record number index among the leaves of a tree, disclosing the
// named fields; nil discloses all. manifest and p7s go into it as they are.
func (t *Tree) Prove(index int, r *Record, disclose []string, manifest, p7s []byte) (*Proof, error) {
	if disclose == nil {
		disclose = fields[:]
	}
	path, err := t.Path(index)
	if err != nil {
		return nil, err
	}
	proof := &Proof{
		Digests: hexHashes(r.Digests()), Path: hexHashes(path),
		Disclosed: make(map[string]Disclosure, len(disclose)),
		Index:     index, Manifest: manifest, P7S: p7s,
	}
	salts := r.Salt.fieldSalts()
	for _, name := range disclose {
		i := slices.Index(fields[:], name)
		if i < 0 {
			return nil, fmt.Errorf("field %q: %w", name, ErrNoField)
		}
		proof.Disclosed[name] = Disclosure{Salt: salts[i], Value: r.appendField(nil, i)}
	}
	return proof, nil
}

// Prove makes one proof over leaf hashes, see [Tree.Prove].
func Prove(leaves []Hash, index int, r *Record, disclose []string, manifest, p7s []byte) (*Proof, error) {
	return NewTree(leaves).Prove(index, r, disclose, manifest, p7s)
}

func hexHashes(hashes []Hash) []HexHash {
	out := make([]HexHash, len(hashes))
	for i, h := range hashes {
		out[i] = HexHash(h)
	}
	return out
}

// Append writes the proof's canonical JSON (RFC 8785) after b.
func (p *Proof) Append(b []byte) []byte {
	b = appendHashes(append(b, `{"digests":`...), p.Digests)
	b = append(b, `,"disclosed":{`...)
	for i, name := range slices.Sorted(maps.Keys(p.Disclosed)) {
		if i > 0 {
			b = append(b, ',')
		}
		d := p.Disclosed[name]
		b = append(appendString(b, name), `:{"salt":"`...)
		b = append(hex.AppendEncode(b, d.Salt[:]), `","value":`...)
		b = append(append(b, d.Value...), '}')
	}
	b = append(b, `},"index":`...)
	b = strconv.AppendInt(b, int64(p.Index), 10)
	b = base64.StdEncoding.AppendEncode(append(b, `,"manifest":"`...), p.Manifest)
	b = base64.StdEncoding.AppendEncode(append(b, `","p7s":"`...), p.P7S)
	b = appendHashes(append(b, `","path":`...), p.Path)
	return append(b, `,"v":1}`...)
}

func appendHashes(b []byte, hashes []HexHash) []byte {
	b = append(b, '[')
	for i, h := range hashes {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(hex.AppendEncode(append(b, '"'), h[:]), '"')
	}
	return append(b, ']')
}

// ParseProof reads a proof; it accepts exactly what [Proof.Append] writes. It does
// not yet say that the proof holds: see [Proof.Check].
func ParseProof(data []byte) (*Proof, error) {
	if len(data) > MaxProofBytes {
		return nil, fmt.Errorf("proof of %d bytes: %w", len(data), ErrTooLarge)
	}
	p := &Proof{Disclosed: make(map[string]Disclosure, len(fields))}
	in := canonicalReader{data: data}
	in.expect(`{"digests":`)
	p.Digests = in.hashes(len(fields))
	in.expect(`,"disclosed":{`)
	for !in.bad && !in.at('}') && len(p.Disclosed) <= len(fields) {
		if len(p.Disclosed) > 0 {
			in.expect(`,`)
		}
		name := in.text()
		in.expect(`:{"salt":`)
		var d Disclosure
		in.hex(d.Salt[:])
		in.expect(`,"value":`)
		d.Value = in.value()
		in.expect(`}`)
		p.Disclosed[name] = d
	}
	in.expect(`},"index":`)
	p.Index = in.integer()
	in.expect(`,"manifest":`)
	p.Manifest = in.base64()
	in.expect(`,"p7s":`)
	p.P7S = in.base64()
	in.expect(`,"path":`)
	p.Path = in.hashes(64) // a tree of 2^64 leaves is no deeper
	in.expect(`,"v":1}`)
	if in.bad || len(in.data) > 0 || len(p.Digests) != len(fields) {
		return nil, fmt.Errorf("reading proof: %w", ErrMalformed)
	}
	if !bytes.Equal(p.Append(make([]byte, 0, len(data))), data) {
		return nil, fmt.Errorf("reading proof: %w", ErrNotCanonical)
	}
	return p, nil
}

// value reads a text or a whole number and keeps its canonical form.
func (r *canonicalReader) value() Value {
	if r.at('"') {
		return appendString(nil, r.text())
	}
	return strconv.AppendInt(nil, int64(r.integer()), 10)
}

func (r *canonicalReader) hex(into []byte) {
	text := r.quoted()
	if len(text) != hex.EncodedLen(len(into)) {
		r.bad = true
		return
	}
	_, err := hex.Decode(into, text)
	r.bad = r.bad || err != nil
}

func (r *canonicalReader) base64() []byte {
	text := r.quoted()
	data := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(data, text)
	r.bad = r.bad || err != nil
	return data[:n]
}

// hashes reads a list of at most limit digests.
func (r *canonicalReader) hashes(limit int) []HexHash {
	hashes := make([]HexHash, 0, len(fields))
	r.expect(`[`)
	for !r.bad && !r.at(']') && len(hashes) < limit {
		if len(hashes) > 0 {
			r.expect(`,`)
		}
		var h HexHash
		r.hex(h[:])
		hashes = append(hashes, h)
	}
	r.expect(`]`)
	return hashes
}

// Check follows the proof from the disclosed fields to the root in its manifest
// and returns that manifest. A proof that does not lead there is ErrProof. Whether
// the manifest is signed, by whom, and whether to trust them is not asked here.
func (p *Proof) Check() (*Manifest, error) {
	m, err := ParseManifest(p.Manifest)
	if err != nil {
		return nil, err
	}
	digests := make([]Hash, len(p.Digests))
	for i, d := range p.Digests {
		digests[i] = Hash(d)
	}
	for name, d := range p.Disclosed {
		i := slices.Index(fields[:], name)
		if i < 0 || i >= len(digests) {
			return nil, fmt.Errorf("disclosed field: %w", ErrNoField)
		}
		if fieldDigest(d.Salt, d.Value) != digests[i] {
			return nil, fmt.Errorf("field %s: %w", name, ErrProof)
		}
	}
	path := make([]Hash, len(p.Path))
	for i, h := range p.Path {
		path[i] = Hash(h)
	}
	return m, CheckPath(path, m.Size, p.Index, Hash(m.Root), leafOf(digests))
}
