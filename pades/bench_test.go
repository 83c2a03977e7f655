package pades

import (
	"bytes"
	"crypto/sha256"
	"testing"
)

// The CMS of the benchmarks is as large as one with two certificates.
var benchmarkCMS = bytes.Repeat([]byte{0x30}, 3500)

func benchmarkPrepare(b *testing.B, size int, a *Appearance) {
	pdf := drawn(b, size)
	b.SetBytes(int64(len(pdf)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := Open(pdf)
		if err != nil {
			b.Fatal(err)
		}
		o := SignatureOptions{Field: "head", Time: signingTime, Reserve: 8000}
		if a != nil {
			o.Appearance, o.Rect = a.WithContent([]byte("BT /F1 12 Tf 10 40 Td (Signed) Tj ET")), [4]float64{300, 100, 500, 180}
		}
		if _, err := Prepare(f, o); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkEmbed(b *testing.B, size int) {
	pdf := drawn(b, size)
	u := prepared(b, pdf, SignatureOptions{Field: "head", Reserve: 8000})
	b.SetBytes(int64(len(pdf)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := u.Embed(pdf, benchmarkCMS); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPrepareInvisible100KB(b *testing.B) { benchmarkPrepare(b, 100_000, nil) }
func BenchmarkPrepareVisible100KB(b *testing.B)   { benchmarkPrepare(b, 100_000, parsedStamp(b)) }
func BenchmarkEmbed100KB(b *testing.B)            { benchmarkEmbed(b, 100_000) }
func BenchmarkPrepare11MB(b *testing.B)           { benchmarkPrepare(b, 11<<20, nil) }
func BenchmarkEmbed11MB(b *testing.B)             { benchmarkEmbed(b, 11<<20) }

// BenchmarkSHA256100KB is what one pass over the document costs.
func BenchmarkSHA256100KB(b *testing.B) {
	pdf := drawn(b, 100_000)
	b.SetBytes(int64(len(pdf)))
	for b.Loop() {
		sha256.Sum256(pdf)
	}
}

func BenchmarkOpenJudge100KB(b *testing.B) {
	pdf := signed(b, drawn(b, 100_000), SignatureOptions{Field: "head"})
	b.SetBytes(int64(len(pdf)))
	b.ReportAllocs()
	for b.Loop() {
		if n, err := judge(pdf); n != 1 || err != nil {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkParseAppearance(b *testing.B) {
	pdf := stamp(b)
	for b.Loop() {
		if _, err := ParseAppearance(pdf); err != nil {
			b.Fatal(err)
		}
	}
}
