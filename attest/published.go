package attest

import (
	"errors"
	"regexp"
	"sync"
)

// ErrPublished is a reason that is to be published, and holds what looks like the number of
// somebody's identity card.
var ErrPublished = errors.New("reason to be published holds 9 or 12 digits in a row")

// digitForms are digits in one piece, and in groups as people write long numbers.
var digitForms = sync.OnceValue(func() (forms struct{ onePiece, groups, one *regexp.Regexp }) {
	forms.onePiece = regexp.MustCompile(`\p{Nd}+`)
	forms.groups = regexp.MustCompile(`\p{Nd}{3,}(?:[ .\x{A0}-]\p{Nd}{3,})+`)
	forms.one = regexp.MustCompile(`\p{Nd}`)
	return forms
})

// publishable asks for a reason that can be kept and told to anybody (see [Service.StatusOf]):
// numbers of identity cards have 12 digits (Nghị định 137/2015, Điều 13), older ones 9. What
// else a person can be known by no rule finds: who writes a reason is told that it is public.
func publishable(reason string) error {
	if err := reasoned(reason, ""); err != nil {
		return err
	}
	digits := digitForms()
	for _, found := range append(digits.onePiece.FindAllString(reason, -1), digits.groups.FindAllString(reason, -1)...) {
		if n := len(digits.one.FindAllString(found, -1)); n == 9 || n == 12 {
			return ErrPublished
		}
	}
	return nil
}
