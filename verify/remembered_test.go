package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/verify"
)

// TestRemembered judges documents under every trust that an operator can have by turns, at
// once and in any order, with one memory of paths: each report is, to the byte, the one of a
// verifier that remembers nothing.
func TestRemembered(t *testing.T) {
	w := newWorld(t)
	impostor, err := devca.New(devca.Options{Now: func() time.Time { return signedAt }, FreshKeys: true})
	if err != nil {
		t.Fatal(err)
	}
	stranger := &world{ca: impostor} // of the same names, under other keys
	by := w.issue(t, nil)
	root, other := w.ca.Root().Certificate, impostor.Root().Certificate
	expired := w.issue(t, func(p *devca.Profile) { p.Alter = func(c *x509.Certificate) { c.NotAfter = signedAt.Add(-time.Hour) } })
	changed := bytes.Replace(signPDF(t, by, "head", page(t), signedAt), []byte("%PDF-1.3"), []byte("%PDF-1.4"), 1)
	documents := [][]byte{
		signPDF(t, by, "head", page(t), signedAt),
		signPDF(t, by, "other", signPDF(t, by, "head", page(t), signedAt), signedAt), // begins as the first does
		signPDF(t, stranger.issue(t, nil), "head", page(t), signedAt),
		signPDF(t, expired, "head", page(t), signedAt),
		changed,
	}
	of := func(anchor *x509.Certificate, d certs.Domain, p certs.Period) certs.Anchors {
		sum := sha256.Sum256(anchor.Raw)
		return certs.Anchors{CA: certs.Path{anchor}, Domains: map[[sha256.Size]byte]certs.Domain{sum: d}, Periods: map[[sha256.Size]byte]certs.Period{sum: p}}
	}
	trusts := []verify.Verifier{
		{Anchors: of(root, certs.Public, certs.Period{})},
		{},
		{Anchors: of(other, certs.Public, certs.Period{})},
		{Anchors: of(root, certs.Public, certs.Period{Until: signedAt.Add(-time.Hour)})},
		{Anchors: of(root, certs.Public, certs.Period{}), Domains: []certs.Domain{certs.Official}},
		{Anchors: of(root, certs.Public, certs.Period{}), At: signedAt.AddDate(30, 0, 0)},
		{Anchors: of(root, certs.Public, certs.Period{}), At: signedAt.AddDate(-30, 0, 0)},
		{Anchors: of(root, certs.Public, certs.Period{}), Revocation: certs.Offline{}},
		{Anchors: certs.Anchors{CA: certs.Path{by.Certificate}}},
		{Anchors: certs.Anchors{TSA: certs.Path{root}}},
	}
	judge := func(trust, document int, verified *certs.VerifiedPaths) string {
		v := trusts[trust]
		v.Anchors.Verified = verified
		if v.At.IsZero() {
			v.At = signedAt
		}
		if v.Revocation == nil {
			v.Revocation = trusting{}
		}
		text, err := v.PDF(t.Context(), "x.pdf", documents[document]).JSON()
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	want, differ := map[[2]int]string{}, map[string]bool{}
	for i := range trusts {
		for j := range documents {
			want[[2]int{i, j}] = judge(i, j, nil)
			differ[want[[2]int{i, j}]] = true
		}
	}
	if len(differ) < len(want)*9/10 {
		t.Errorf("%d reports of %d: the test asks too little", len(differ), len(want))
	}
	const times = 2
	verified := &certs.VerifiedPaths{}
	order := rand.Perm(times * len(want))
	var judges sync.WaitGroup
	for from := range 4 {
		judges.Go(func() {
			for n := from; n < len(order); n += 4 {
				of := order[n] % len(want)
				key := [2]int{of / len(documents), of % len(documents)}
				if got := judge(key[0], key[1], verified); got != want[key] {
					t.Errorf("trust %d, document %d, in the order %v: got\n%s\nwant\n%s", key[0], key[1], order, got, want[key])
				}
			}
		})
	}
	judges.Wait()
}
