package pades

import (
	"bytes"
	"fmt"
)

// OnlyStores checks that a revision is what [AppendDSS] writes, to the byte: nobody signs
// such a revision, so in a document of our own a changed byte must show otherwise.
func (f *File) OnlyStores(rev int) error {
	before, err := f.upTo(rev - 1)
	if err != nil {
		return err
	}
	now, err := f.DSS(rev)
	if err != nil {
		return err
	}
	if now == nil {
		return broken(ruleChanges, f.revisions[rev].start, "a revision of neither a signature nor validation data")
	}
	var add Evidence
	for _, list := range []struct {
		stored []Stored
		into   *[][]byte
	}{{now.Certs, &add.Certs}, {now.CRLs, &add.CRLs}, {now.OCSPs, &add.OCSPs}} {
		for _, s := range list.stored {
			*list.into = append(*list.into, s.DER)
		}
	}
	again, err := AppendDSS(before, add)
	if err != nil {
		return fmt.Errorf("writing revision %d again: %w", rev+1, err)
	}
	if !bytes.Equal(again, f.b[:f.revisions[rev].End]) {
		return broken(ruleChanges, f.revisions[rev].start, "validation data not written as they are written here")
	}
	return nil
}

// OnlyStamps checks that the revision of a document time-stamp is what [PrepareTimeStamp]
// and [Update.Embed] write, to the byte.
func (f *File) OnlyStamps(s Signature) error {
	before, err := f.upTo(s.Revision - 1)
	if err != nil {
		return err
	}
	token, err := s.Token()
	if err != nil {
		return broken(ruleChanges, s.dict.Start, "a time-stamp that cannot be read")
	}
	u, err := PrepareTimeStamp(before, len(s.Contents))
	if err != nil {
		return fmt.Errorf("preparing the time-stamp again: %w", err)
	}
	again, err := u.Embed(before.b, token)
	if err != nil {
		return fmt.Errorf("writing the time-stamp again: %w", err)
	}
	if !bytes.Equal(again, f.b[:f.revisions[s.Revision].End]) {
		return broken(ruleChanges, f.revisions[s.Revision].start, "a time-stamp not written as they are written here")
	}
	return nil
}

// upTo is the file as it stood when a revision ended.
func (f *File) upTo(rev int) (*File, error) {
	if rev < 0 {
		return nil, broken(ruleChanges, 0, "validation data in the document's first revision")
	}
	return f.limits.Open(f.b[:f.revisions[rev].End:f.revisions[rev].End])
}
