package paper_test

import (
	"fmt"
	"io"
	"testing"
	"time"

	"kytiem/bundle"
	"kytiem/paper"
)

// BenchmarkBundle draws whole documents, the order by name and the check of the
// root included.
func BenchmarkBundle(b *testing.B) {
	for _, rows := range []int{1_000, 10_000, bundle.AnnexRows} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			roll := makeRoll(b, makeRecords(b, rows, nil))
			manifest, document := canonical(b, makeManifest(b, roll)), canonical(b, makeDocument())
			b.ReportAllocs()
			for b.Loop() {
				if err := paper.Bundle(io.Discard, manifest, document, roll); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAnnex is the pages alone.
func BenchmarkAnnex(b *testing.B) {
	roll := makeRoll(b, makeRecords(b, bundle.AnnexRows, nil))
	m := makeManifest(b, roll)
	order, err := roll.ByName()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := paper.Annex(io.Discard, m, 1, 1, order, 1, roll); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStamp(b *testing.B) {
	o := paper.StampOptions{SignedBy: "Nguyễn Văn Thành", Organisation: "Ủy ban nhân dân xã Phú Hòa",
		At: time.Date(2021, 11, 9, 2, 30, 0, 0, time.UTC), Width: 160, Height: 68}
	if _, err := paper.Stamp(o); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := paper.Stamp(o); err != nil {
			b.Fatal(err)
		}
	}
}
