package signer

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"kytiem/pades"
)

// Level is how long a signature can be judged (EN 319 142-1, 6.1; EN 319 122-1, 6.1).
type Level string

// The baseline levels: a signature; with its time proven; with all that it takes to judge it;
// with that proven, too, for as long as the last time-stamp lasts.
const (
	LevelB   Level = "B-B"
	LevelT   Level = "B-T"
	LevelLT  Level = "B-LT"
	LevelLTA Level = "B-LTA"
)

// ErrLevel is a level that does not exist.
var ErrLevel = errors.New("no signature level: B-B, B-T, B-LT or B-LTA")

// Levels are the levels, rising.
func Levels() []Level { return []Level{LevelB, LevelT, LevelLT, LevelLTA} }

// ParseLevel reads a level.
func ParseLevel(s string) (Level, error) {
	if l := Level(s); slices.Contains(Levels(), l) {
		return l, nil
	}
	return "", fmt.Errorf("%q: %w", s, ErrLevel)
}

// Reaches says whether l is m or higher.
func (l Level) Reaches(m Level) bool { return slices.Index(Levels(), l) >= slices.Index(Levels(), m) }

// raised is what a document holds: its signatures and time-stamps, apart, and its store.
type raised struct {
	file       *pades.File
	signatures []signature
	stamps     []pades.Signature // document time-stamps
	dss        *pades.DSS        // of the last revision; not nil
}

// signature is one signature with its CMS.
type signature struct {
	pades.Signature
	cms *pades.CMS
}

func readDocument(document []byte) (*raised, error) {
	file, err := pades.Open(document)
	if err != nil {
		return nil, err
	}
	list, err := file.Signatures()
	if err != nil {
		return nil, err
	}
	r := &raised{file: file}
	for _, s := range list {
		switch {
		case s.Removed:
			return nil, fmt.Errorf("field %q: %w: its signature was removed", s.Field, pades.ErrUnextendable)
		case s.IsTimeStamp():
			r.stamps = append(r.stamps, s)
			continue
		}
		cms, err := pades.ParseCMS(s.Contents)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", s.Field, err)
		}
		if len(cms.Signers) != 1 {
			return nil, fmt.Errorf("field %q: %w", s.Field, pades.ErrUnextendedCMS)
		}
		r.signatures = append(r.signatures, signature{s, cms})
	}
	if len(r.signatures) == 0 {
		return nil, ErrUnsigned
	}
	if r.dss, err = file.DSS(len(file.Revisions()) - 1); err != nil {
		return nil, err
	}
	if r.dss == nil {
		r.dss = &pades.DSS{}
	}
	return r, nil
}

// ErrUnsigned is a document without a signature to raise.
var ErrUnsigned = errors.New("nothing is signed")

// timed says whether the signature has a time-stamp of its own, or a document time-stamp over it.
func (r *raised) timed(s signature) bool {
	return len(s.cms.Signers[0].TimeStamps()) > 0 ||
		slices.ContainsFunc(r.stamps, func(d pades.Signature) bool { return d.Revision > s.Revision })
}

// level is that of the signature that is raised least.
func (r *raised) level() Level {
	level := LevelLTA
	for _, s := range r.signatures {
		switch {
		case !r.timed(s):
			return LevelB
		case !r.stored(s):
			level = LevelT
		}
	}
	if level.Reaches(LevelLT) && !r.archived() {
		level = LevelLT
	}
	return level
}

// stored says whether the store has the signer's certificate and some status of certificates.
func (r *raised) stored(s signature) bool {
	result := s.cms.Check(0, nil, pades.CheckOptions{Profile: pades.PAdES})
	return result.Signer != nil && len(r.dss.OCSPs)+len(r.dss.CRLs) > 0 &&
		slices.ContainsFunc(r.dss.Certs, func(c pades.Stored) bool { return bytes.Equal(c.DER, result.Signer.Raw) })
}

// archived says whether a document time-stamp is over every signature and the whole store.
func (r *raised) archived() bool {
	if len(r.stamps) == 0 {
		return false
	}
	last := r.stamps[len(r.stamps)-1].Revision
	later := func(c pades.Stored) bool { return c.Revision > last }
	return !slices.ContainsFunc(r.signatures, func(s signature) bool { return s.Revision > last }) &&
		!slices.ContainsFunc(slices.Concat(r.dss.Certs, r.dss.CRLs, r.dss.OCSPs), later)
}

// DocumentLevel is the level that a document has by its form: that of the signature that is
// raised least. Whether what it carries holds is for a verifier to say.
func DocumentLevel(document []byte) (Level, error) {
	r, err := readDocument(document)
	if err != nil {
		return "", err
	}
	return r.level(), nil
}

// ManifestLevel is the level that a CMS of one signer has by its form.
func ManifestLevel(p7s []byte) (Level, error) {
	cms, err := pades.ParseCMS(p7s)
	if err != nil {
		return "", err
	}
	if len(cms.Signers) != 1 {
		return "", pades.ErrUnextendedCMS
	}
	return cmsLevel(cms), nil
}

func cmsLevel(cms *pades.CMS) Level {
	s := &cms.Signers[0]
	switch {
	case len(s.TimeStamps()) == 0:
		return LevelB
	case len(cms.OCSPs)+len(cms.CRLs) == 0:
		return LevelT
	case len(s.ArchiveTimeStamps()) == 0:
		return LevelLT
	}
	return LevelLTA
}
