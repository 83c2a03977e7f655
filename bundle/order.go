package bundle

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// ByName is the order in which a list is printed for people: by given name, as
// lists in Việt Nam are, then by the whole name, birth date, date and number of
// the dose. It returns record numbers.
func (r *Roll) ByName() ([]int32, error) {
	type entry struct {
		start, end uint32 // of the sort key in its block
		record     int32
	}
	// One piece of memory for all keys would be copied, and held twice, whenever it
	// grew: a million keys take 70 MB. Few are longer than keyRoom.
	const inBlock, keyRoom = 4096, 80
	var (
		entries  = make([]entry, r.Len())
		blocks   = make([][]byte, (r.Len()+inBlock-1)/inBlock)
		collator = collate.New(language.Vietnamese, collate.IgnoreCase)
		buffer   collate.Buffer
		i        int
	)
	for record, err := range r.All() {
		if err != nil {
			return nil, err
		}
		if i%inBlock == 0 {
			blocks[i/inBlock] = make([]byte, 0, min(inBlock, r.Len()-i)*keyRoom)
		}
		keys := blocks[i/inBlock]
		start := len(keys)
		for _, text := range [...]string{givenName(record.FullName), record.FullName} {
			buffer.Reset()
			keys = append(keys, collator.KeyFromString(&buffer, text)...)
			keys = append(keys, 0, 0) // below every key byte: shorter names first
		}
		keys = record.BirthDate.append(keys)
		keys = append(record.VaccinatedOn.append(append(keys, 0)), byte(record.DoseNumber))
		entries[i] = entry{uint32(start), uint32(len(keys)), int32(i)}
		blocks[i/inBlock] = keys
		i++
	}
	key := func(e entry) []byte { return blocks[e.record/inBlock][e.start:e.end] }
	slices.SortFunc(entries, func(a, b entry) int {
		if c := bytes.Compare(key(a), key(b)); c != 0 {
			return c
		}
		return int(a.record - b.record)
	})
	order := make([]int32, len(entries))
	for i, e := range entries {
		order[i] = e.record
	}
	return order, nil
}

// givenName is the last word of a Vietnamese name.
func givenName(full string) string {
	return full[strings.LastIndexByte(full, ' ')+1:]
}
