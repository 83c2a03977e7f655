package attest_test

import (
	"errors"
	"maps"
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

// TestUnboundMeanwhile: a binding that ended while the head signed counts for what comes
// back.
func TestUnboundMeanwhile(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	head := d.who[attest.Head]
	bound, _, err := d.Certificates(t.Context(), head, commune, attest.Page{})
	if err != nil || len(bound) != 1 {
		t.Fatal(bound, err)
	}
	if err := d.UnbindCertificate(t.Context(), head, bound[0].ID, "mất thẻ"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Complete(t.Context(), head, r.ID, sign(t, d.key, r.Items...)); !errors.Is(err, attest.ErrUnbound) {
		t.Errorf("completing: %v, want %v", err, attest.ErrUnbound)
	}
	d.state(t, b.ID, bundle.Pending)
	if _, err := d.BindCertificate(t.Context(), d.who[attest.Admin], head.Account, d.der()); err != nil {
		t.Fatal(err)
	}
	d.complete(t, r, sign(t, d.key, r.Items...))
	d.state(t, b.ID, bundle.Signed)
	d.sound(t)
}

// TestRejectedEntered: a signature that is not good leaves its trace, as a code.
func TestRejectedEntered(t *testing.T) {
	d := newDesk(t, nil)
	one, two := d.sealed(t, 1), d.sealed(t, 1)
	r := d.prepare(t, d.key, one.ID, two.ID)
	signatures := sign(t, d.key, r.Items...)
	for n, i := range r.Items {
		if i.Bundle == one.ID || i.Kind == signer.Manifest {
			signatures[n].Signature[9] ^= 1
		}
	}
	if _, _, err := d.Complete(t.Context(), d.who[attest.Head], r.ID, signatures); err != nil {
		t.Fatal(err)
	}
	got := make(map[string]string)
	for _, e := range d.entries(t, "signing.rejected") {
		got[e.Subject] = e.Detail.String()
		if e.Actor != d.who[attest.Head].Account || e.Unit != commune {
			t.Errorf("entered as of %s in %s", e.Actor, e.Unit)
		}
	}
	want := map[string]string{
		one.ID: `{"manifest":"signature","pdf":"signature","request":"` + r.ID + `"}`,
		two.ID: `{"manifest":"signature","request":"` + r.ID + `"}`,
	}
	if !maps.Equal(got, want) {
		t.Errorf("entered %v, want %v", got, want)
	}
	if completed := d.entries(t, "signing.completed"); len(completed) != 1 || completed[0].Subject != two.ID {
		t.Errorf("completed %v, want the document of %s", completed, two.ID)
	}
	d.sound(t)
}
