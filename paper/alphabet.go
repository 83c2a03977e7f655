package paper

import (
	"slices"
	"sync"
)

// alphabet is what a face is embedded with as soon as it is used: Latin with the
// letters of Western Europe, every Vietnamese letter, the usual punctuation. Only runes
// beyond it make a subset of a document's own: cutting one costs as much as drawing
// twenty pages, and with it the whole of a face is some 5 kB smaller, a seldom used one
// 15 kB.
var alphabet = sync.OnceValue(func() []rune {
	var runes []rune
	for _, span := range [...][2]rune{{0x20, 0x7E}, {0xA1, 0xFF}, {0x102, 0x103}, {0x110, 0x111}, {0x128, 0x129},
		{0x168, 0x169}, {0x1A0, 0x1A1}, {0x1AF, 0x1B0}, {0x1EA0, 0x1EF9}, {0x2013, 0x2014}, {0x2018, 0x2019}, {0x201C, 0x201D}, {0x2026, 0x2026}} {
		for r := span[0]; r <= span[1]; r++ {
			if Printable(r) {
				runes = append(runes, r)
			}
		}
	}
	return runes
})

// rounded is the alphabet and those of the used runes, in order, that are beyond it.
func rounded(used []rune) []rune {
	whole := alphabet()
	beyond := slices.DeleteFunc(slices.Clone(used), func(r rune) bool {
		_, in := slices.BinarySearch(whole, r)
		return in
	})
	if len(beyond) == 0 {
		return whole
	}
	return slices.Sorted(slices.Values(slices.Concat(whole, beyond)))
}
