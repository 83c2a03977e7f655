package verify

import (
	"context"
	"maps"
	"slices"

	"kytiem/bundle"
	"kytiem/pades"
)

// Proof judges a proof about one record: that it leads to the root in its manifest,
// and the signature over that manifest. What is no proof is a verdict, too.
func (v *Verifier) Proof(ctx context.Context, name string, data []byte) *Report {
	v = v.fixed()
	r := v.report(name, "proof", data)
	proof, err := bundle.ParseProof(data)
	if err != nil {
		r.Proof = &Proof{Inclusion: Fail, Disclosed: []string{}}
		(*checks)(&r.Checks).fail("R-E1", FormatFailure, "", err.Error())
		r.settle()
		return r
	}
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
		switch {
		case err != nil:
			c.fail("R-C1", FormatFailure, "", err.Error())
		case !ours(cms, proof.P7S):
			c.fail("R-D8", FormatFailure, "", "p7s not written as our signer writes it")
		default:
			leaves, _ := v.addDetached(ctx, r, bundle.SignatureFile, cms, beside{content: proof.Manifest})
			if manifest != nil {
				judgeUnitSigner(r, manifest, leaves)
			}
		}
	}
	r.settle()
	return r
}
