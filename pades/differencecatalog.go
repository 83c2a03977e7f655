package pades

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
)

// changedKeys lists the entries in which two dictionaries differ, token by token;
// null and absent are the same (7.3.9).
func changedKeys(before, after Value) []string {
	var keys []string
	inAfter, inBefore := after.finder(), before.finder()
	for i, key := range before.Keys() {
		now := Value{}
		if j := inAfter(key); j >= 0 {
			now = after.items[j+1]
		}
		if !before.items[2*i+1].same(now) {
			keys = append(keys, key)
		}
	}
	for i, key := range after.Keys() {
		if inBefore(key) < 0 && after.items[2*i+1].Kind != Null {
			keys = append(keys, key)
		}
	}
	return keys
}

// catalog compares the catalogs, entry by entry.
func (d *differ) catalog(ref Ref, before, after Value) error {
	if after.Kind != Dictionary {
		d.other(ruleChanges, ref, "catalog removed")
		return nil
	}
	for _, key := range changedKeys(before, after) {
		was, err := d.f.Resolve(d.old, before.Key(key))
		if err != nil {
			return err
		}
		is, err := d.f.Resolve(d.new, after.Key(key))
		if err != nil {
			return err
		}
		switch key {
		case "AcroForm":
			err = d.form(ref, was, is)
		case "DSS":
			err = d.validationData(ref, before.Key(key), after.Key(key))
		case "Extensions":
			err = d.extensions(ref, was, is)
		case "Version":
			d.version(ref, was, is)
		case "Metadata":
			err = d.metadata(ref, is)
		case "MarkInfo":
			d.allowed(LongTerm, ref, "mark information changed")
		case "StructTreeRoot":
			err = d.structureRoot(ref, was, is)
		case "Perms":
			err = d.permissions(ref, was, is)
		default:
			err = d.otherUnlessAlike(ref, before.Key(key), after.Key(key), "/"+printable(key)+" of the catalog changed")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// usedByCatalog judges an object that an entry of the catalog refers to.
func (d *differ) usedByCatalog(path string, ref Ref, before, after Value) (done bool, err error) {
	key, _, _ := strings.Cut(path, "/")
	switch {
	case path == "AcroForm":
		return true, d.form(ref, before, after)
	case path == "AcroForm/Fields" && before.Kind == Array:
		return true, d.fieldList(ref, before, after)
	case path == "Extensions":
		return true, d.extensions(ref, before, after)
	case path == "Metadata":
		return true, d.metadata(ref, after)
	case path == "MarkInfo":
		d.allowed(LongTerm, ref, "mark information changed")
		return true, nil
	case path == "StructTreeRoot":
		return true, d.structureRoot(ref, before, after)
	case key == "DSS":
		// Whatever part of it is written again, the whole is compared.
		root, err := d.f.catalog(d.old)
		if err != nil {
			return true, err
		}
		now, err := d.f.catalog(d.new)
		if err != nil {
			return true, err
		}
		return true, d.validationData(ref, root.value.Key("DSS"), now.value.Key("DSS"))
	}
	return false, nil
}

// version lets the version of the document rise (7.5.2).
func (d *differ) version(ref Ref, before, after Value) {
	was, errWas := strconv.ParseFloat(before.Name(), 64)
	is, err := strconv.ParseFloat(after.Name(), 64)
	if err != nil || before.Kind != Null && (errWas != nil || is < was) {
		d.other(ruleChanges, ref, "version of the document lowered")
		return
	}
	d.allowed(LongTerm, ref, "version of the document raised")
}

// extensions lets developers' extensions be added and their levels rise (ISO
// 32000-2, 7.12).
func (d *differ) extensions(ref Ref, before, after Value) error {
	for _, key := range before.Keys() {
		was, is, err := d.entries(before, after, key)
		if err != nil {
			return err
		}
		levelWas, _ := was.Key("ExtensionLevel").Int()
		levelIs, _ := is.Key("ExtensionLevel").Int()
		if was.Kind != Null && is.Kind == Null || was.Kind == Dictionary && is.Kind == Dictionary && levelIs < levelWas {
			d.other(ruleChanges, ref, "extensions of the document removed or lowered")
			return nil
		}
	}
	d.allowed(LongTerm, ref, "extensions of the document declared")
	return nil
}

// maxMetadata bounds the metadata that are read to be compared.
const maxMetadata = 1 << 20

// metadata lets the document's metadata be written again, in place or elsewhere
// (R-M3): well-formed XML without a document type, which could name entities.
func (d *differ) metadata(ref Ref, after Value) error {
	if after.Kind == Null {
		d.other(ruleChanges, ref, "metadata removed")
		return nil
	}
	data, err := d.f.decode(d.new, after)
	if over := limitOnly(err); over != nil {
		return over
	}
	if data == nil || len(data) > maxMetadata || !plainXML(data) {
		d.other("R-M3", ref, "metadata that are not plain XML")
		return nil
	}
	d.allowed(LongTerm, ref, "metadata changed")
	return nil
}

func plainXML(data []byte) bool {
	decoder := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := decoder.RawToken()
		if errors.Is(err, io.EOF) {
			return true
		}
		if _, directive := token.(xml.Directive); err != nil || directive {
			return false
		}
	}
}

// permissions lets a later signer certify the document, which no earlier one
// agreed to: somebody has to look (R-M7). All else about them is fixed.
func (d *differ) permissions(ref Ref, before, after Value) error {
	rest := changedKeys(before, after)
	if before.Key("DocMDP").Kind != Null || len(rest) != 1 || rest[0] != "DocMDP" {
		d.other("R-M7", ref, "permissions of the document changed")
		return nil
	}
	d.note(Change{Rule: "R-M7", Level: Annotate, Object: ref, Unclear: true, What: "document certified after it was signed"})
	return nil
}
