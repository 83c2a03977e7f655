package paper

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// What can be wrong with text that is to be printed.
var (
	ErrUnprintable = errors.New("no glyph for a character")
	ErrNotNFC      = errors.New("text not in Unicode normal form C")
)

// checkText refuses what would come out of the page other than it went in: a rune
// that a face lacks would become an empty box, a decomposed letter would have its
// marks beside it. The error names the code point, never the text.
func (m *metrics) checkText(text string) error {
	ordinary := true
	for i, r := range text {
		if m.width(r) == absent || r == utf8.RuneError {
			return fmt.Errorf("character %U at byte %d: %w", r, i, ErrUnprintable)
		}
		ordinary = ordinary && precomposed(r)
	}
	if !ordinary && !norm.NFC.IsNormalString(text) {
		return ErrNotNFC
	}
	return nil
}

// precomposed reports whether text of nothing but such runes is in NFC for sure:
// below U+0300 nothing combines, and the Vietnamese letters of Latin Extended
// Additional are composed. It spares the common text the slower question.
func precomposed(r rune) bool {
	return r < 0x300 || r >= 0x1EA0 && r <= 0x1EF9
}

// measure is the width of text in thousandths of the type size.
func (m *metrics) measure(text string) int {
	sum := 0
	for _, r := range text {
		if w := m.width(r); w != absent {
			sum += w
		}
	}
	return sum
}

// lines breaks text at spaces into lines no wider than limit, thousandths of the
// type size, and appends them to dst. A word that is wider than a line is broken
// where the line is full, never before a combining mark. Nothing is left out but
// the spaces at which a line was broken.
func (m *metrics) lines(dst []string, text string, limit int) []string {
	start, width := 0, 0
	end, next := 0, 0 // of the last run of spaces
	for i, r := range text {
		w := m.width(r)
		if w == absent {
			w = 0
		}
		if r == ' ' {
			if i > start && text[i-1] != ' ' {
				end = i
			}
			next = i + 1
			width += w
			continue
		}
		for width+w > limit && i > start {
			if end > start {
				dst = append(dst, text[start:end])
				start, width = next, m.measure(text[next:i])
				continue
			}
			if unicode.Is(unicode.Mn, r) {
				break
			}
			dst = append(dst, text[start:i])
			start, width = i, 0
		}
		width += w
	}
	if start < len(text) || len(text) == 0 {
		dst = append(dst, text[start:])
	}
	return dst
}

// indented breaks text like lines, with a first line that is shorter by indent.
func (m *metrics) indented(text string, limit, indent int) []string {
	all := m.lines(nil, text, limit-indent)
	if indent == 0 || len(all) < 2 {
		return all
	}
	rest := text[len(all[0]):]
	for len(rest) > 0 && rest[0] == ' ' {
		rest = rest[1:]
	}
	return m.lines(all[:1], rest, limit)
}

// balanced breaks text into as few lines as before, of more even length: a title
// with one word in its last line looks like an accident.
func (m *metrics) balanced(lines []string, text string, limit int) []string {
	for try := limit * 19 / 20; try > limit/2; try = try * 19 / 20 {
		narrower := m.lines(nil, text, try)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}
