package pades

// OnlySigns checks that the revision of signature s does nothing but fill the
// signature's field: no object that was there before is freed or changed, but for
// the field's dictionary (/V, /AP, /F, /M) and the /SigFlags of the form. What is
// new can then be reached through the signature alone. This is how [Update.Embed]
// signs, and stricter than what others' documents may do after a signature (R-M1).
func (f *File) OnlySigns(s Signature) error {
	rev := s.Revision
	if rev == 0 {
		return broken(ruleChanges, s.dict.Start, "a signature in the document's first revision")
	}
	changed, freed := f.Changed(rev)
	if len(freed) > 0 {
		return broken(ruleChanges, f.revisions[rev].XRef, "a signed revision that frees objects")
	}
	for _, ref := range changed {
		if before, _, was := f.lookup(rev-1, ref.Number); !was || before.kind == free {
			continue // new
		}
		if err := f.changesOnly(rev, ref, ref == s.FieldRef); err != nil {
			return err
		}
	}
	return nil
}

// ruleChanges is about what a later revision changes.
const ruleChanges = "R-M1"

// changesOnly checks an object that a signed revision writes anew.
func (f *File) changesOnly(rev int, ref Ref, field bool) error {
	before, err := f.object(rev-1, ref)
	if err != nil {
		return err
	}
	after, err := f.object(rev, ref)
	if err != nil {
		return err
	}
	allowed := []string{"SigFlags", "AcroForm"}
	if field {
		allowed = []string{"V", "AP", "F", "M"}
	}
	if !alikeBut(before.value, after.value, allowed) {
		return broken(ruleChanges, after.start, "a signed revision that changes more than its field")
	}
	if field {
		return nil
	}
	// A form in the catalog itself: of it, too, only the flags may differ.
	formBefore, formAfter := before.value.Key("AcroForm"), after.value.Key("AcroForm")
	if !formBefore.same(formAfter) && !alikeBut(formBefore, formAfter, []string{"SigFlags"}) {
		return broken(ruleChanges, after.start, "a signed revision that changes the form")
	}
	return nil
}

// alikeBut compares two dictionaries, token by token, leaving out some keys.
func alikeBut(a, b Value, keys []string) bool {
	if a.Kind != Dictionary || b.Kind != Dictionary {
		return false
	}
	left := func(v Value) map[string]Value {
		entries := make(map[string]Value, len(v.items)/2)
		for i := 1; i < len(v.items); i += 2 {
			entries[string(v.items[i-1].octets)] = v.items[i]
		}
		for _, key := range keys {
			delete(entries, key)
		}
		return entries
	}
	before, after := left(a), left(b)
	if len(before) != len(after) {
		return false
	}
	for key, value := range before {
		other, there := after[key]
		if !there || !value.same(other) {
			return false
		}
	}
	return true
}
