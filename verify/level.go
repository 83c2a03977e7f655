package verify

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"strings"

	"kytiem/certs"
)

// level names the format by what the signature has: B, T with a time-stamp that holds,
// LT with all revocation data of signer and time-stamps in it, LTA with a time-stamp
// that holds over these (EN 319 142-1, 6; EN 319 122-1, 6). A time-stamp that proves
// nothing is none.
func (e *evidence) level(s *Signature, a answer) {
	stamped, carried := false, a.carried && a.holds && len(a.path) > 1
	rests := rawOf(a.revocation)
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		if !t.passed() || t.Type == contentTimestamp { // what was stamped before signing proves nothing of after
			continue
		}
		stamped = true
		if t.Type == signatureTimestamp { // what an archive time-stamp rests on may come with the next one
			carried = carried && t.carried
			rests = append(rests, t.rests...)
		}
	}
	level := "B"
	switch {
	case stamped && carried && slices.ContainsFunc(s.Timestamps, func(t Timestamp) bool { return e.archives(&t, rests) }):
		level = "LTA"
	case stamped && carried:
		level = "LT"
	case stamped:
		level = "T"
	}
	s.Format = strings.TrimSuffix(s.Format, "B") + level
}

// archives reports whether a time-stamp holds and covers all that a signature rests on.
func (e *evidence) archives(t *Timestamp, rests [][]byte) bool {
	if !t.passed() || t.Type == signatureTimestamp || t.Type == contentTimestamp {
		return false
	}
	for _, raw := range rests {
		sum := sha256.Sum256(raw)
		known := e.items[sum]
		switch {
		case known == nil:
			return false
		case t.Type == documentTimestamp && known.revision > t.revision:
			return false
		case t.Type == archiveTimestamp && !slices.ContainsFunc(e.archived, func(a archive) bool { return a.at.Equal(*t.Time) && a.covers[sum] }):
			return false
		}
	}
	return true
}

func rawOf(answers []certs.Revocation) [][]byte {
	raws := make([][]byte, len(answers))
	for i, answer := range answers {
		raws[i] = answer.Raw
	}
	return raws
}

// collect adds what was at hand to a full report, each once.
func (r *Report) collect(e *evidence) {
	if !e.v.Full {
		return
	}
	if r.Evidence == nil {
		r.Evidence = &Evidence{Certificates: [][]byte{}, CRLs: [][]byte{}, OCSPs: [][]byte{}, Timestamps: [][]byte{}}
	}
	union := func(into *[][]byte, values [][]byte) {
		for _, value := range values {
			if !slices.ContainsFunc(*into, func(had []byte) bool { return bytes.Equal(had, value) }) {
				*into = append(*into, value)
			}
		}
	}
	union(&r.Evidence.Certificates, e.raw.Certs)
	union(&r.Evidence.CRLs, e.raw.CRLs)
	union(&r.Evidence.OCSPs, e.raw.OCSPs)
	union(&r.Evidence.Timestamps, e.tokens)
	var answers []certs.Revocation
	for _, answer := range e.asked {
		answers = append(answers, answer)
	}
	slices.SortFunc(answers, func(a, b certs.Revocation) int { return strings.Compare(a.Serial, b.Serial) })
	for _, answer := range answers {
		switch answer.Source {
		case "crl":
			union(&r.Evidence.CRLs, [][]byte{answer.Raw})
		case "ocsp":
			union(&r.Evidence.OCSPs, [][]byte{answer.Raw})
		}
	}
}
