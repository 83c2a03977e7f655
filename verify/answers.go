package verify

import (
	"errors"
	"time"

	"kytiem/certs"
)

// answers says by which rules an answer about the certificate at i of a path was taken
// for evidence (R-V1 to R-V11). Where nothing that came along was, it says what was wrong
// with it: a delta CRL, say, is passed over, but not in silence.
func (e *evidence) answers(c *checks, q question, path certs.Path, i int, at time.Time, taken certs.Revocation, carried bool) {
	if !carried && len(e.raw.CRLs)+len(e.raw.OCSPs) > 0 {
		e.refused(c, q, path, i, at)
	}
	switch taken.Source {
	case "ocsp":
		c.held("R-V1", "R-V2", "R-V3", "R-V4", "R-V5", "R-V6", "R-V7")
	case "crl":
		c.held("R-V4", "R-V7", "R-V8", "R-V9", "R-V10", "R-V11")
	}
}

func (e *evidence) refused(c *checks, q question, path certs.Path, i int, at time.Time) {
	note := func(rule, message string) {
		if !c.speak(rule) {
			c.warn(rule, "store.refused", message)
		}
	}
	for _, answer := range e.stock.Refused(path[i], path[i+1]) {
		note(acceptance(answer.Source, answer.Cause), answer.Check(at).Error())
	}
	if answers, err := e.stock.About(path[i], path[i+1]); err == nil {
		for _, answer := range answers {
			if !e.speaks(q, answer, i, at) {
				note("R-V4", "an answer about certificate "+answer.Serial+" of "+answer.ThisUpdate.UTC().Format(time.RFC3339)+" says nothing of the time asked about")
			}
		}
	}
}

// acceptance is the rule that an answer breaks, by why it was refused.
func acceptance(source string, cause error) string {
	ocsp := source == "ocsp"
	for _, row := range []struct {
		cause     error
		ocsp, crl string
	}{
		{certs.ErrCertHash, "R-V6", "R-V8"},
		{certs.ErrCritical, "R-V6", "R-V11"},
		{certs.ErrEntry, "R-V1", "R-V11"},
		{certs.ErrDelta, "R-V2", "R-V9"},
		{certs.ErrPartial, "R-V2", "R-V10"},
		{certs.ErrScope, "R-V2", "R-V10"},
		{certs.ErrOther, "R-V2", "R-V8"},
		{certs.ErrOutdated, "R-V4", "R-V4"},
		{certs.ErrUnlisted, "R-V5", "R-V8"},
		{certs.ErrOutOfBounds, "R-V7", "R-V7"},
		{certs.ErrNotAuthorized, "R-V3", "R-V8"},
		{certs.ErrForged, "R-V3", "R-V8"},
		{certs.ErrWeak, "R-V3", "R-V8"},
	} {
		switch {
		case errors.Is(cause, row.cause) && ocsp:
			return row.ocsp
		case errors.Is(cause, row.cause):
			return row.crl
		}
	}
	if ocsp {
		return "R-V1"
	}
	return "R-V8"
}
