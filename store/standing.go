package store

import (
	"slices"

	"kytiem/bundle"
)

// Standing is what keeps a result from being sealed, as a set; nothing keeps one that
// is Ready. It is derived from the result whenever that is written, so that a worklist
// of a million rows is one look into an index.
type Standing int16

// What can keep a result from being sealed. InBundle stands alone: the result is
// claimed by a bundle, and not changed while it is.
const (
	LacksData Standing = 1 << iota
	LacksMatch
	LacksCleansing
	LacksHealth
	LacksPolice
	InBundle

	Ready Standing = 0
)

// StandingOf is the standing of a result that is in no bundle.
func StandingOf(r *bundle.Result) Standing {
	var s Standing
	for _, lack := range r.Lacks() {
		switch lack {
		case bundle.LacksMatch:
			s |= LacksMatch
		case bundle.LacksCleansing:
			s |= LacksCleansing
		case bundle.LacksHealth:
			s |= LacksHealth
		case bundle.LacksPolice:
			s |= LacksPolice
		default:
			s |= LacksData
		}
	}
	return s
}

// Standings lists every standing there is, in the order of their numbers.
func Standings() []Standing {
	var all []Standing
	for s := Ready; s < InBundle; s++ {
		if s&(LacksMatch|LacksCleansing) != LacksMatch|LacksCleansing { // wrong means that it was matched
			all = append(all, s)
		}
	}
	return append(all, InBundle)
}

// Lacking lists the standings of results that lack all of these at least.
func Lacking(these Standing) []Standing {
	return slices.DeleteFunc(Standings(), func(s Standing) bool { return s&these != these })
}
