package pades

import "slices"

// Leftovers lists objects of revision rev that nothing in it leads to and that a page
// could be made of: pages, page trees and catalogs, fonts, images and forms. Programs
// leave such things behind; shadow attacks lay them down to be switched to after signing
// (R-M11). They are a reason to look, never to refuse.
func (f *File) Leftovers(rev int) ([]Ref, error) {
	if f.Locked() {
		return nil, ErrEncrypted
	}
	g, err := f.references(rev)
	if err != nil {
		return nil, err
	}
	reached := map[int]bool{}
	for _, e := range g.edges {
		reached[int(e.to)] = true
	}
	seen := map[int]bool{}
	var list []Ref
	for r := range rev + 1 {
		for _, sec := range f.revisions[r].sections {
			sec.each(func(number int, _ entry) {
				now, _, ok := f.lookup(rev, number)
				if err != nil || seen[number] || reached[number] || !ok || now.kind == free || len(list) == maxLeftovers {
					return
				}
				seen[number] = true
				var obj indirect
				if obj, err = f.object(rev, now.ref(number)); err != nil {
					err = limitOnly(err) // what cannot be read cannot be switched to
					return
				}
				if pageMaterial(obj.value) {
					list = append(list, obj.ref)
				}
			})
		}
	}
	slices.SortFunc(list, func(a, b Ref) int { return a.Number - b.Number })
	return list, err
}

// maxLeftovers bounds what is told.
const maxLeftovers = 100

func pageMaterial(v Value) bool {
	switch v.Key("Type").Name() {
	case "Page", "Pages", "Catalog", "Font", "XObject":
		return true
	}
	subtype := v.Key("Subtype").Name()
	return v.Kind == Stream && (subtype == "Form" || subtype == "Image")
}
