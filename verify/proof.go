package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"kytiem/bundle"
	"kytiem/pades"
)

// Proof judges a proof about one record: that it leads to the root in its manifest,
// and the signature over that manifest. The error is about input that is no proof.
func (v *Verifier) Proof(ctx context.Context, name string, data []byte) (*Report, error) {
	proof, err := bundle.ParseProof(data)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	v = v.fixed()
	r := v.report(name, "proof", data)
	r.Proof = &Proof{
		Inclusion: OK, Disclosed: slices.AppendSeq([]string{}, maps.Keys(proof.Disclosed)), values: make(map[string]string),
	}
	slices.Sort(r.Proof.Disclosed)
	for name, d := range proof.Disclosed {
		r.Proof.values[name] = d.Value.Text()
	}
	c := (*checks)(&r.Checks)
	manifest, err := proof.Check()
	if err != nil {
		r.Proof.Inclusion = Fail
		c.fail("R-E1", HashFailure, "proof.inclusion", err.Error())
	} else {
		c.ok("R-E1", "the record stands under the root in the manifest (RFC 6962, 2.1.1)")
	}
	if manifest != nil {
		r.Bundle = bundleOf(manifest)
	}
	if len(proof.P7S) > 0 {
		cms, err := pades.ParseCMS(proof.P7S)
		if err != nil {
			c.fail("R-C1", FormatFailure, "", err.Error())
		} else {
			leaves := v.addDetached(ctx, r, bundle.SignatureFile, cms, proof.Manifest)
			judgeUnitSigner(r, manifest, leaves)
		}
	}
	r.settle()
	return r, nil
}
