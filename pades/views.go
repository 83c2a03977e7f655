package pades

import "bytes"

// OneView checks that a reader that repairs files, taking for an object whatever
// looks like one last, finds after the end of revision rev what a strict one does
// (rule R-P6). [File.Accounting] has every byte there be an object that is listed,
// so only streams are left in which another could be hidden.
func (f *File) OneView(rev int) error {
	for r := rev + 1; r < len(f.revisions); r++ {
		if err := f.once(r, ruleViews, f.viewedAlike); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) viewedAlike(r int) error {
	changed, _ := f.Changed(r)
	for _, ref := range changed {
		obj, err := f.object(r, ref)
		if err != nil {
			return err
		}
		if obj.compressed || obj.value.Kind != Stream || obj.start < f.revisions[r].start {
			continue
		}
		data := obj.value.octets
		if f.cipher != nil { // who repairs looks through the file as it lies
			data = f.b[obj.value.Start:obj.value.End]
		}
		if at := f.objectWithin(data); at >= 0 {
			return broken(ruleViews, obj.value.End, "a stream after a signature that holds the text of an object")
		}
	}
	return nil
}

// objectWithin is the offset of "N G obj" in a stream where N is an object of the
// file, -1 if there is none.
func (f *File) objectWithin(data []byte) int {
	last := len(f.revisions) - 1
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte(" obj"))
		if i < 0 {
			return -1
		}
		end := at + i
		at = end + len(" obj")
		if at < len(data) && isRegular(data[at]) {
			continue
		}
		start := end
		for start > 0 && end-start < 24 && (isDigit(data[start-1]) || isSpace(data[start-1])) {
			start--
		}
		s := f.scan(data[:at], int64(start))
		s.space()
		if ref, ok := s.header(); ok {
			if e, _, listed := f.lookup(last, ref.Number); listed && e.kind != free {
				return start
			}
		}
	}
}
