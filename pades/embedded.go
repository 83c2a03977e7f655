package pades

import "fmt"

// Embedded is the content of a file that revision rev carries under name: one
// associated with the document by the catalog's /AF (ISO 32000-2, 14.13), or
// listed in its name tree of embedded files (7.11.4). Without one, the error
// is [ErrNoEmbedded].
func (f *File) Embedded(rev int, name string) ([]byte, error) {
	root, err := f.catalog(rev)
	if err != nil {
		return nil, err
	}
	associated, err := f.key(rev, root.value, "AF")
	if err != nil {
		return nil, err
	}
	for _, item := range associated.Items() {
		if content, found, err := f.fileNamed(rev, item, name); found || err != nil {
			return content, err
		}
	}
	names, err := f.key(rev, root.value, "Names")
	if err != nil {
		return nil, err
	}
	content, found, err := f.inNameTree(rev, names.Key("EmbeddedFiles"), name, map[Ref]bool{}, 0)
	if err == nil && !found {
		err = fmt.Errorf("%w: %q", ErrNoEmbedded, name)
	}
	return content, err
}

// inNameTree searches the whole tree (7.9.6): its order is by keys, which need
// not be the names of the files.
func (f *File) inNameTree(rev int, node Value, name string, seen map[Ref]bool, depth int) ([]byte, bool, error) {
	if ref, ok := node.Ref(); ok {
		if seen[ref] {
			return nil, false, nil
		}
		seen[ref] = true
	}
	if depth > f.limits.Nesting {
		return nil, false, broken(ruleLimit, node.Start, "name tree nested too deep")
	}
	v, err := f.Resolve(rev, node)
	if err != nil {
		return nil, false, err
	}
	names, err := f.key(rev, v, "Names")
	if err != nil {
		return nil, false, err
	}
	for i := 1; i < len(names.Items()); i += 2 {
		if content, found, err := f.fileNamed(rev, names.items[i], name); found || err != nil {
			return content, found, err
		}
	}
	kids, err := f.key(rev, v, "Kids")
	if err != nil {
		return nil, false, err
	}
	for _, kid := range kids.Items() {
		if content, found, err := f.inNameTree(rev, kid, name, seen, depth+1); found || err != nil {
			return content, found, err
		}
	}
	return nil, false, nil
}

// fileNamed is the content of a file specification (7.11.3) if it has the name.
func (f *File) fileNamed(rev int, item Value, name string) ([]byte, bool, error) {
	spec, err := f.Resolve(rev, item)
	if err != nil {
		return nil, false, err
	}
	for _, key := range []string{"UF", "F"} {
		label, err := f.key(rev, spec, key)
		if err != nil {
			return nil, false, err
		}
		if label.Text() != name || name == "" {
			continue
		}
		embedded, err := f.key(rev, spec, "EF")
		if err != nil {
			return nil, false, err
		}
		data := embedded.Key(key)
		if data.Kind == Null {
			data = embedded.Key("F")
		}
		stream, err := f.Resolve(rev, data)
		if err != nil {
			return nil, false, err
		}
		content, err := f.decode(rev, stream)
		if err != nil {
			return nil, false, fmt.Errorf("reading an attached file: %w", err)
		}
		return content, true, nil
	}
	return nil, false, nil
}
