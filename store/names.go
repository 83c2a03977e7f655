package store

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NameKey is a name as lists are ordered and searched by it, the same in every
// database: lower case, without tone marks and diacritics, đ as d, blanks single.
// "Trần Thị Đào" and "tran thi dao" have the same key.
func NameKey(name string) string {
	var b strings.Builder
	b.Grow(len(name))
	blank := false
	fold := folded()
	for _, r := range name {
		if r < foldedRunes {
			r = fold[r]
		} else {
			r = foldRune(r)
		}
		switch {
		case r == 0:
		case r == ' ':
			blank = b.Len() > 0
		default:
			if blank {
				b.WriteByte(' ')
				blank = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// foldedRunes is how far the table of runes reaches: past the precomposed letters of
// Vietnamese (U+1EA0 to U+1EF9).
const foldedRunes = 0x1F00

var folded = sync.OnceValue(func() *[foldedRunes]rune {
	var table [foldedRunes]rune
	for r := range table {
		table[r] = foldRune(rune(r))
	}
	return &table
})

// foldRune is the first base letter of r in lower case, ' ' for white space, and 0
// for what leaves nothing in a key.
func foldRune(r rune) rune {
	switch {
	case r == 'đ' || r == 'Đ':
		return 'd'
	case unicode.IsSpace(r):
		return ' '
	}
	base, _ := utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	if unicode.Is(unicode.Mn, base) || unicode.IsControl(base) {
		return 0
	}
	return unicode.ToLower(base)
}
