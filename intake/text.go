package intake

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of texts, in runes; longer ones are errors. Together they keep a record
// well under bundle.MaxRecordBytes.
const (
	maxName   = 200 // full_name, health_confirmed_by, police_confirmed_by
	maxShort  = 100 // vaccine, lot_number, external_id
	maxLong   = 300 // site, match_reason
	maxCode   = 32  // unit
	maxNumber = 64  // id_number, and what has a form of its own
)

// traits are what is known about runes, and what a text had among its runes.
type traits uint8

const (
	asked   traits = 1 << iota // looked up already
	longWay                    // a text with it has to be looked at closer
	digit
	symbol    // neither letter, mark, digit, blank nor punctuation of names
	latinOdd  // Latin-1 letter that Vietnamese does not have
	legacySet // Latin-1 sign that TCVN3 has letters in the place of
	unicoded  // letter beyond Latin-1, which no text in a legacy font has
)

// quickRunes is how far the table of runes reaches: past the precomposed letters of
// Vietnamese (U+1EA0 to U+1EF9).
const quickRunes = 0x2000

// texts brings texts into the one form in which they are sealed: NFC, blanks single
// and none at the ends.
type texts struct {
	printable func(rune) bool // nil: everything
	traits    [quickRunes]traits
}

// textFault says why a text is refused; the zero value, that it is not.
type textFault struct {
	code string
	args []any
}

// clean returns s in its sealed form and what kinds of runes it has. Nearly every
// text already has the form, so the quick way only looks at each rune once.
func (t *texts) clean(s string, limit int) (string, traits, textFault) {
	var seen traits
	runes := 0
	for i, r := range s {
		if r >= quickRunes {
			return t.reform(s, limit)
		}
		k := t.traits[r]
		if k == 0 {
			k = t.ask(r)
		}
		if r == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			k = longWay
		}
		if k&longWay != 0 {
			return t.reform(s, limit)
		}
		seen |= k
		runes++
	}
	if runes > limit {
		return "", 0, textFault{"text_too_long", []any{limit}}
	}
	return s, seen, textFault{}
}

// reform is the long way of clean.
func (t *texts) reform(s string, limit int) (string, traits, textFault) {
	if len(s) > limit*utf8.UTFMax*4 { // hostile length: do not even normalise it
		return "", 0, textFault{"text_too_long", []any{limit}}
	}
	if !utf8.ValidString(s) {
		return "", 0, textFault{"not_utf8", nil}
	}
	var b strings.Builder
	var seen traits
	runes := 0
	pending := false // a blank, written when something follows
	for _, r := range norm.NFC.String(strings.Trim(s, " \t\r\n")) {
		if unicode.Is(unicode.Zs, r) {
			pending = b.Len() > 0
			continue
		}
		if fault := t.refuse(r); fault.code != "" {
			return "", 0, fault
		}
		if pending {
			b.WriteByte(' ')
			runes++
			pending = false
		}
		b.WriteRune(r)
		runes++
		seen |= traitsOf(r)
	}
	if runes > limit {
		return "", 0, textFault{"text_too_long", []any{limit}}
	}
	return b.String(), seen &^ longWay, textFault{}
}

// ask fills in the table for r.
func (t *texts) ask(r rune) traits {
	k := asked | traitsOf(r)
	if t.refuse(r).code != "" {
		k |= longWay
	}
	t.traits[r] = k
	return k
}

// refuse says why a rune cannot stand in a sealed text: what cannot be seen could
// make two texts that look alike differ, turn their order around (U+202A to U+202E,
// U+2066 to U+2069) or break lines, and what cannot be printed cannot be attested.
func (t *texts) refuse(r rune) textFault {
	var code string
	switch {
	case r == utf8.RuneError:
		return textFault{"replacement_character", nil}
	case unicode.Is(unicode.Cc, r):
		code = "control_character"
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), fillers(r):
		code = "invisible_character"
	case !unicode.IsGraphic(r): // private use, unassigned
		code = "unassigned_character"
	case t.printable != nil && !t.printable(r):
		code = "unprintable_character"
	default:
		return textFault{}
	}
	return textFault{code, []any{fmt.Sprintf("U+%04X", r)}}
}

// fillers reports whether r is a letter or mark that shows nothing: the Hangul
// fillers, the combining grapheme joiner, the variation selectors and the blank
// Braille pattern.
func fillers(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2800, 0x3164, 0xFFA0:
		return true
	}
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// vietnameseLatin1 are the letters of Latin-1 that Vietnamese has.
const vietnameseLatin1 = "ÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝàáâãèéêìíòóôõùúý"

// traitsOf says what kind of rune r is.
func traitsOf(r rune) traits {
	switch {
	case r == ' ' || r < utf8.RuneSelf && unicode.IsLetter(r):
		return 0
	case unicode.IsDigit(r):
		return digit
	case r < 0xA0:
		if strings.ContainsRune("'-.,()/", r) {
			return 0
		}
		return symbol
	case unicode.Is(unicode.Zs, r):
		return longWay
	case r <= 0xFF:
		switch {
		case strings.ContainsRune(vietnameseLatin1, r):
			return 0
		case unicode.IsLetter(r) && r != 'ª' && r != 'º' && r != 'µ':
			return latinOdd
		}
		return symbol | legacySet
	case r < 0x300 || r >= 0x1EA0 && r <= 0x1EF9: // each stands for itself in NFC
		return unicoded
	case unicode.IsLetter(r) || unicode.IsMark(r) || r == '’':
		return longWay // may compose with its neighbours
	}
	return longWay | symbol
}
