package pades

// Lock is what a signature closes fields to (12.8.2.4, 12.7.4.5).
type Lock struct {
	Action string          // All, Include, Exclude
	Fields map[string]bool // fully qualified names
	// Permissions are those a lock of ISO 32000-2 (table 235, /P) leaves, as of
	// Signature.DocMDP; 0 if it says nothing.
	Permissions int
}

// Holds reports whether the lock closes the field of a name. To close a field is to
// close those below it (R-M6).
func (l Lock) Holds(name string) bool {
	listed := l.Fields[name]
	for i := range name { // by whole names: "Signature1" is no part of "Signature10"
		listed = listed || name[i] == '.' && l.Fields[name[:i]]
	}
	switch l.Action {
	case "Include":
		return listed
	case "Exclude":
		return !listed
	}
	return true // All, and what is not understood
}

// maxLocks bounds the locks of one signature; there is one, or one repeated.
const maxLocks = 16

// Locks lists the locks that a signature carries: its FieldMDP references, and the
// lock of its field.
func (f *File) Locks(s Signature) ([]Lock, error) {
	var locks []Lock
	references, err := f.key(s.Revision, s.dict, "Reference")
	if err != nil {
		return nil, err
	}
	for _, item := range references.Items() {
		reference, err := f.Resolve(s.Revision, item)
		if err != nil {
			return nil, err
		}
		if reference.Key("TransformMethod").Name() != "FieldMDP" || len(locks) == maxLocks {
			continue
		}
		parameters, err := f.key(s.Revision, reference, "TransformParams")
		if err != nil {
			return nil, err
		}
		lock, err := f.lock(s.Revision, parameters)
		if err != nil {
			return nil, err
		}
		locks = append(locks, lock)
	}
	field, err := f.Object(s.Revision, s.FieldRef)
	if err != nil {
		return nil, err
	}
	own, err := f.key(s.Revision, field, "Lock")
	if err != nil || own.Kind != Dictionary {
		return locks, err
	}
	lock, err := f.lock(s.Revision, own)
	return append(locks, lock), err
}

func (f *File) lock(rev int, dict Value) (Lock, error) {
	action, err := f.key(rev, dict, "Action")
	if err != nil {
		return Lock{}, err
	}
	l := Lock{Action: action.Name(), Fields: map[string]bool{}}
	fields, err := f.key(rev, dict, "Fields")
	if err != nil {
		return Lock{}, err
	}
	for _, item := range fields.Items() {
		name, err := f.Resolve(rev, item)
		if err != nil {
			return Lock{}, err
		}
		if len(name.octets) <= 4*maxFieldName { // no field has a longer one
			l.Fields[name.Text()] = true
		}
	}
	p, err := f.key(rev, dict, "P")
	if err != nil || p.Kind == Null {
		return l, err
	}
	l.Permissions = 1 // what is not understood is taken as the strictest
	if n, ok := p.Int(); ok && n >= 1 && n <= 3 {
		l.Permissions = int(n)
	}
	return l, nil
}

// Certifies reports whether the catalog of a signature's own revision names it as
// the document's certification (12.8.4, table 258).
func (f *File) Certifies(s Signature) (bool, error) {
	root, err := f.catalog(s.Revision)
	if err != nil {
		return false, err
	}
	permissions, err := f.key(s.Revision, root.value, "Perms")
	if err != nil {
		return false, err
	}
	ref, ok := permissions.Key("DocMDP").Ref()
	return ok && ref == s.Ref, nil
}
