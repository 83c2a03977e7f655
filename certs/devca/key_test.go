package devca_test

import (
	"crypto"
	"testing"

	"kytiem/certs/devca"
)

// TestSharedKeys: authorities of a process share keys, those whom one certifies never do,
// and an authority with keys of its own shares none.
func TestSharedKeys(t *testing.T) {
	var first, second, fresh []crypto.Signer
	for _, tt := range []struct {
		options devca.Options
		into    *[]crypto.Signer
	}{{devca.Options{}, &first}, {devca.Options{}, &second}, {devca.Options{FreshKeys: true}, &fresh}} {
		ca, _ := serve(t, tt.options)
		for _, kind := range []string{"", "p256", "", "p256", "rsa2048"} {
			profile := clerk()
			profile.Key = kind
			*tt.into = append(*tt.into, issue(t, ca, profile).Key)
		}
	}
	same := func(a, b crypto.Signer) bool {
		return a.Public().(interface{ Equal(x crypto.PublicKey) bool }).Equal(b.Public())
	}
	for n := range first {
		if !same(first[n], second[n]) {
			t.Errorf("key %d of one authority and of another differ", n)
		}
		for other := range first {
			if n != other && same(first[n], first[other]) {
				t.Errorf("keys %d and %d of one authority are the same", n, other)
			}
			if same(fresh[n], first[other]) {
				t.Errorf("key %d of an authority that shares none is key %d of another", n, other)
			}
		}
	}
}
