package pades

import (
	"crypto"
	"testing"
)

func BenchmarkCMSWrite(b *testing.B) {
	for _, alg := range []Algorithm{RS256, PS256} {
		b.Run(string(alg), func(b *testing.B) {
			s := cmsKeys()["RSA-2048"]
			o := AttributeOptions{Digest: cmsSum(crypto.SHA256, cmsContent), Hash: crypto.SHA256, Certificate: s.leaf()}
			signature := s.sign(alg, must(SignedAttributes(o)))
			b.ReportAllocs()
			for b.Loop() {
				attrs, err := SignedAttributes(o)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := SignedData(attrs, alg, signature, s.carried()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCMSRead(b *testing.B) {
	for _, w := range cmsWritten {
		b.Run(string(w.alg), func(b *testing.B) {
			s := cmsKeys()[w.key]
			raw := s.cms(b, w.alg, cmsSigned)
			digest := cmsSum(w.alg.Hash(), cmsContent)
			b.ReportAllocs()
			for b.Loop() {
				c, err := ParseCMS(raw)
				if err != nil {
					b.Fatal(err)
				}
				r := c.Check(0, func(crypto.Hash) ([]byte, error) { return digest, nil }, CheckOptions{Profile: CAdES})
				if r.Status() != OK {
					b.Fatal(r.Findings)
				}
			}
		})
	}
	b.Run("parse only", func(b *testing.B) {
		raw := cmsKeys()["RSA-2048"].cms(b, RS256, cmsSigned)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseCMS(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("parse BER", func(b *testing.B) {
		raw := toBER(cmsKeys()["RSA-2048"].cms(b, RS256, cmsSigned))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseCMS(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
}
