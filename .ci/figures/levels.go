package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/signer"
)

// levels measures raising a document from B-B to B-LTA with a time-stamping authority and a responder on this machine,
// which share its processors: two tokens, one answer about the signer, evidence, two revisions. The floor is what the
// authority's two RSA signatures alone would take. One of 150 KB at B-LT is judged, too.
func (b *bench) levels() error {
	ctx, stop := context.WithCancel(b.ctx)
	defer stop()
	ca, err := devca.New(devca.Options{})
	if err != nil {
		return err
	}
	url, err := ca.Serve(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	anchors := certs.Anchors{CA: certs.Path{ca.Root().Certificate}, TSA: certs.Path{ca.TSARoot().Certificate}, Verified: &certs.VerifiedPaths{}}
	source := &certs.HTTP{AllowPrivate: true}
	extender := &signer.Extender{
		Timestamper: &signer.TSA{URL: url + "/tsa", Anchors: anchors, Revocation: source}, Anchors: anchors, Evidence: source,
	}
	document, err := os.ReadFile(b.path("demo", "minuted", bundle.PagesFile)) // unsigned, with its fields prepared
	if err != nil {
		return err
	}
	issued, err := ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Organization: "Ủy ban nhân dân xã Phú Hòa"})
	if err != nil {
		return err
	}
	signed, err := b.signAs(document, issued)
	if err != nil {
		return err
	}
	if _, err := extender.Document(ctx, signed, signer.LevelLTA); err != nil { // lists are fetched once an hour
		return err
	}
	rate, err := throughput(200, func() error {
		x, err := extender.Document(ctx, signed, signer.LevelLTA)
		if err == nil && x.Level != signer.LevelLTA {
			err = fmt.Errorf("raised to %s", x.Level)
		}
		return err
	})
	if err != nil {
		return err
	}
	digest := sha256.Sum256(document)
	tsa := ca.TSA()
	floor, err := throughput(1000, func() error {
		for range 2 {
			if _, err := tsa.Key.Sign(rand.Reader, digest[:], crypto.SHA256); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	b.table.bounded(fmt.Sprintf("signer: B-B to B-LTA, %d KB, TSA and OCSP on this machine", len(signed)/1000),
		fmt.Sprintf("%.0f/s", rate), "60/s", fmt.Sprintf("two RSA-2048 signatures of the authority alone %.0f/s", floor), rate >= 60)
	if err := b.longTerm(extender, issued); err != nil {
		return err
	}
	return b.largeDocument(document, issued)
}

// longTerm measures judging a document of somebody else's that is raised to B-LT.
func (b *bench) longTerm(extender *signer.Extender, issued devca.Issued) error {
	path := b.path("plain.pdf")
	if err := write(path, (*document).unsigned); err != nil {
		return err
	}
	plain, err := os.ReadFile(path) //nolint:gosec // G304: just written
	if err != nil {
		return err
	}
	signed, err := b.signAs(plain, issued)
	if err != nil {
		return err
	}
	raised, err := extender.Document(b.ctx, signed, signer.LevelLT)
	if err != nil {
		return err
	}
	took, hashing, err := b.judging(raised.Content, extender.Anchors)
	if err != nil {
		return err
	}
	b.verdict("B-LT", raised.Content, took, "hashing the document "+short(hashing))
	return nil
}

// signAs signs invisibly at B-B.
func (b *bench) signAs(document []byte, issued devca.Issued) ([]byte, error) {
	p, signature, err := b.prepared(document, issued)
	if err != nil {
		return nil, err
	}
	return p.Complete(document, signature, time.Now())
}

func (b *bench) prepared(document []byte, issued devca.Issued) (*signer.Prepared, []byte, error) {
	p12, err := issued.PKCS12("bench")
	if err != nil {
		return nil, nil, err
	}
	carrier, err := signer.OpenPKCS12(p12, "bench")
	if err != nil {
		return nil, nil, err
	}
	file, err := pades.Open(document)
	if err != nil {
		return nil, nil, err
	}
	p, err := signer.PrepareDocument(file, signer.Options{Certificates: carrier.Certificates()}, signer.Visible{Field: bundle.HeadField})
	if err != nil {
		return nil, nil, err
	}
	signatures, err := carrier.Sign(b.ctx, []signer.Request{p.Request})
	if err != nil {
		return nil, nil, err
	}
	return p, signatures[0], nil
}

// largeDocument measures both steps on 11 MB: one pass of hashing each, and one copy.
func (b *bench) largeDocument(document []byte, issued devca.Issued) error {
	file, err := pades.Open(document)
	if err != nil {
		return err
	}
	large, err := pades.AppendDSS(file, pades.Evidence{CRLs: [][]byte{bytes.Repeat([]byte("large document "), 11_000_000/15)}})
	if err != nil {
		return err
	}
	p12, err := issued.PKCS12("bench")
	if err != nil {
		return err
	}
	carrier, err := signer.OpenPKCS12(p12, "bench")
	if err != nil {
		return err
	}
	o := signer.Options{Certificates: carrier.Certificates()}
	prepare := func() error {
		file, err := pades.Open(large)
		if err == nil {
			_, err = signer.PrepareDocument(file, o, signer.Visible{Field: bundle.HeadField})
		}
		return err
	}
	p, signature, err := b.prepared(large, issued)
	if err != nil {
		return err
	}
	complete := func() error {
		again := *p // each is good for one
		_, err := again.Complete(large, signature, time.Now())
		return err
	}
	hashing := func() error {
		sha256.Sum256(large)
		return nil
	}
	times, err := inTurns(21, prepare, complete, hashing)
	if err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := errors.Join(prepare(), complete()); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	memory := 1 + float64(after.TotalAlloc-before.TotalAlloc)/float64(len(large)) // with the document itself
	const bound = 30 * time.Millisecond
	b.table.bounded(fmt.Sprintf("signer: prepare and complete, %d MB, without a stamp", len(large)/1_000_000),
		fmt.Sprintf("%s, %s, %.1f × the file", short(times[0]), short(times[1]), memory), "30 ms each, 3 × the file",
		"hashing the document once "+short(times[2]), times[0] <= bound && times[1] <= bound && memory <= 3)
	return nil
}

// throughput is how often an operation runs in a second, n times in all, on all processors.
func throughput(n int64, operation func() error) (float64, error) {
	var left atomic.Int64
	left.Store(n)
	failures := make(chan error, runtime.NumCPU())
	var working sync.WaitGroup
	start := time.Now()
	for range runtime.NumCPU() {
		working.Go(func() {
			for left.Add(-1) >= 0 {
				if err := operation(); err != nil {
					failures <- err
					return
				}
			}
		})
	}
	working.Wait()
	took := time.Since(start)
	close(failures)
	return float64(n) / took.Seconds(), <-failures
}
