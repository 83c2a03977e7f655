package token

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
)

// FuzzAnswers: whatever a child says is read to an end, and what is understood is written
// again so that it is understood the same.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"certificate":{"slot":1,"token":"a","id":"AQ==","der":"AA=="}}` + "\n" + `{"done":true}` + "\n")
	f.Add(`{"signature":"AAAA"}` + "\n" + `{"fault":"device","detail":"x"}` + "\n")
	f.Fuzz(func(t *testing.T, said string) {
		var heard []Answer
		err := listen(strings.NewReader(said), func(a Answer) error { heard = append(heard, a); return nil }, func() {})
		var fault *Fault
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &fault) {
			t.Errorf("an error that is none of ours: %v", err)
		}
		for _, a := range heard {
			line, err := json.Marshal(a)
			if err != nil {
				t.Fatal(err)
			}
			var again Answer
			if err := decode(line, &again); err != nil {
				t.Fatal(err)
			}
			if twice, err := json.Marshal(again); err != nil || string(line) != string(twice) {
				t.Errorf("%s became %s, %v", line, twice, err)
			}
		}
	})
}
