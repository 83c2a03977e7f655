package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"io"
	"math/big"
	"net/http"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/verify"
)

// epoch is an authority at a time. All of a process have the same names and keys, so
// that a later one is the same authority, with certificates renewed.
type epoch struct {
	*world
	url string
	now time.Time
}

func newEpoch(t testing.TB, at time.Time) *epoch {
	t.Helper()
	e := &epoch{now: at}
	clock := func() time.Time { return e.now }
	ca, err := devca.New(devca.Options{Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	if e.url, err = ca.Serve(t.Context(), "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	anchors := certs.Anchors{CA: []*x509.Certificate{ca.Root().Certificate}, TSA: []*x509.Certificate{ca.TSARoot().Certificate}}
	e.world = &world{ca, &verify.Verifier{Anchors: anchors, Revocation: e.source(), At: at}}
	return e
}

func (e *epoch) source() *certs.HTTP {
	return &certs.HTTP{AllowPrivate: true, Now: func() time.Time { return e.now }, Timeout: 5 * time.Second}
}

// token has a digest stamped.
func (e *epoch) token(t testing.TB, digest [32]byte) []byte {
	t.Helper()
	request, err := pades.TimeStampRequest(digest, big.NewInt(1))
	if err != nil {
		t.Fatal(err)
	}
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.url+"/tsa", bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(post)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	token, err := pades.ParseTimeStampResponse(body)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// level is how far a signature is taken.
type level int

const (
	levelB level = iota
	levelT
	levelLT
	levelLTA
)

var oidSignatureTimeStamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}

// stamped is a CMS with a time-stamp over its signature.
func (e *epoch) stamped(t testing.TB, cms []byte) []byte {
	t.Helper()
	parsed, err := pades.ParseCMS(cms)
	if err != nil {
		t.Fatal(err)
	}
	token := e.token(t, sha256.Sum256(parsed.Signers[0].Signature))
	out, err := pades.AddUnsigned(cms[:parsed.Length], pades.Attribute{Type: oidSignatureTimeStamp, Values: [][]byte{token}})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// evidence is about the paths of certificates, as of now.
func (e *epoch) evidence(t testing.TB, paths ...certs.Path) pades.Evidence {
	t.Helper()
	var all pades.Evidence
	for _, path := range paths {
		found, err := e.source().Evidence(t.Context(), path, e.now, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found.Certificates() {
			all.Certs = append(all.Certs, c.Raw)
		}
		all.CRLs, all.OCSPs = append(all.CRLs, found.CRLs()...), append(all.OCSPs, found.OCSPs()...)
	}
	return all
}

func (e *epoch) tsaPath() certs.Path {
	return certs.Path{e.ca.TSA().Certificate, e.ca.TSARoot().Certificate}
}

func (e *epoch) pathOf(by devca.Issued) certs.Path {
	return certs.Path{by.Certificate, by.Chain[0], e.ca.Root().Certificate}
}

// raise takes the document's last signature to a level.
func (e *epoch) raise(t testing.TB, by devca.Issued, document []byte, to level) []byte {
	t.Helper()
	if to >= levelT {
		file, s := lastSignature(t, document)
		out, err := file.ReplaceContents(s, e.stamped(t, s.Contents))
		if err != nil {
			t.Fatal(err)
		}
		document = out
	}
	if to >= levelLT {
		document = appendDSS(t, document, e.evidence(t, e.pathOf(by), e.tsaPath()))
	}
	if to >= levelLTA {
		document = e.appendStamp(t, document)
	}
	return document
}

func lastSignature(t testing.TB, document []byte) (*pades.File, pades.Signature) {
	t.Helper()
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	list, err := file.Signatures()
	if err != nil {
		t.Fatal(err)
	}
	return file, list[len(list)-1]
}

func appendDSS(t testing.TB, document []byte, evidence pades.Evidence) []byte {
	t.Helper()
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pades.AppendDSS(file, evidence)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// appendStamp appends a document time-stamp.
func (e *epoch) appendStamp(t testing.TB, document []byte) []byte {
	t.Helper()
	file, err := pades.Open(document)
	if err != nil {
		t.Fatal(err)
	}
	update, err := pades.PrepareTimeStamp(file, pades.DocTimeStampReserve)
	if err != nil {
		t.Fatal(err)
	}
	out, err := update.Embed(document, e.token(t, [32]byte(update.Digest)))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
