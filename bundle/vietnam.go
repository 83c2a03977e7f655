package bundle

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// VietnamTime is the zone in which documents are dated and days begin: UTC+7, the
// only one in the country, without summer time.
func VietnamTime() *time.Location { return time.FixedZone("+07:00", 7*60*60) }

// Fold leaves of Vietnamese text what all its spellings have in common, for
// comparing and searching, never for showing: lower case, without tone and vowel
// marks in whichever place and form, đ as d.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'đ':
			return 'd'
		}
		return r
	}, norm.NFKD.String(strings.ToLower(text)))
}
