package attest_test

import (
	"strings"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
)

// TestTitleOfMissing: where only the signature over the data is missing, its title says
// so: it is what the head reads before the PIN.
func TestTitleOfMissing(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	want := r.Items[1].Title
	d.complete(t, r, sign(t, d.key, r.Items[0]))
	if _, err := d.Refuse(t.Context(), d.who[attest.Head], r.ID, "thử"); err != nil {
		t.Fatal(err)
	}
	again := d.prepare(t, d.key, b.ID)
	if len(again.Items) != 1 || again.Items[0].Kind != signer.Manifest || again.Items[0].Title != want || !strings.HasSuffix(want, bundle.ManifestFile) {
		t.Errorf("items %+v, want the manifest alone, titled %q", again.Items, want)
	}
}
