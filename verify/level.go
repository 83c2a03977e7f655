package verify

import (
	"bytes"
	"slices"
	"strings"

	"kytiem/certs"
)

// level names the format by what the signature has: B, T with a time-stamp that holds,
// LT with all revocation data of signer and time-stamps in it, LTA with a time-stamp
// that holds over these (EN 319 142-1, 6; EN 319 122-1, 6). A time-stamp that proves
// nothing is none.
func (s *Signature) level(a answer) {
	stamped, archived, carried := false, false, a.carried && a.holds && len(a.path) > 1
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		if !t.passed() {
			continue
		}
		stamped = true
		switch {
		case t.Type != signatureTimestamp:
			archived = true // its own data may come with the next one
		case !t.carried:
			carried = false
		}
	}
	level := "B"
	switch {
	case stamped && carried && archived:
		level = "LTA"
	case stamped && carried:
		level = "LT"
	case stamped:
		level = "T"
	}
	s.Format = strings.TrimSuffix(s.Format, "B") + level
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
