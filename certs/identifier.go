package certs

import "strings"

// Identifier is a number that names a person or an organisation in a Vietnamese certificate, carried in the subject's
// UID attributes as "SCHEME:VALUE".
type Identifier struct {
	// Scheme, in capital letters: MST (tax code of an organisation), CCCD and CMND (identity card), HC (passport),
	// MNS (code of a state-budget unit), MSBHXH (social insurance), or another that the authority uses.
	Scheme string
	Value  string
}

// String writes the identifier as certificates carry it.
func (i Identifier) String() string { return i.Scheme + ":" + i.Value }

// ParseIdentifier reads what people and unit files write: "MST:0319303270", "mst 0319303270", or a bare number, whose
// length then tells the scheme: 10 digits (and a branch suffix) MST, 12 CCCD, 9 CMND. A certificate's UID is not read this
// way: without a scheme it identifies nobody.
func ParseIdentifier(s string) (Identifier, bool) {
	s = strings.TrimSpace(s)
	if scheme, value, found := strings.Cut(s, " "); found && !strings.Contains(s, ":") {
		s = scheme + ":" + value
	}
	if identifier, ok := certifiedIdentifier(s); ok {
		return identifier, true
	}
	switch {
	case taxCode(s) != "":
		return Identifier{"MST", taxCode(s)}, true
	case len(s) == 12 && allDigits(s):
		return Identifier{"CCCD", s}, true
	case len(s) == 9 && allDigits(s):
		return Identifier{"CMND", s}, true
	}
	return Identifier{}, false
}

// certifiedIdentifier reads "SCHEME:VALUE".
func certifiedIdentifier(s string) (Identifier, bool) {
	scheme, value, found := strings.Cut(s, ":")
	scheme, value = strings.TrimSpace(scheme), strings.TrimSpace(value)
	if !found || !isScheme(scheme) || !isValue(value) {
		return Identifier{}, false
	}
	scheme = strings.ToUpper(scheme)
	if code := taxCode(value); scheme == "MST" && code != "" {
		value = code
	}
	return Identifier{scheme, value}, true
}

// SameIdentifier says whether a and b name the same one: same scheme, same value. A branch is not its parent, so
// MST:0319303270-001 is not MST:0319303270. Each may be written in any form that ParseIdentifier reads; what it cannot
// read equals nothing, itself included.
func SameIdentifier(a, b string) bool {
	x, okX := ParseIdentifier(a)
	y, okY := ParseIdentifier(b)
	return okX && okY && x == y
}

// taxCode gives a tax code in its one form, ten digits or ten, a hyphen and three, or "".
func taxCode(s string) string {
	switch {
	case len(s) == 10 && allDigits(s):
		return s
	case len(s) == 13 && allDigits(s): // the branch written without its hyphen
		return s[:10] + "-" + s[10:]
	case len(s) == 14 && s[10] == '-' && allDigits(s[:10]) && allDigits(s[11:]):
		return s
	}
	return ""
}

func allDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

func isScheme(s string) bool {
	return len(s) >= 2 && len(s) <= 10 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}

// isValue keeps to visible ASCII, so that two values that look alike are alike.
func isValue(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' })
}
