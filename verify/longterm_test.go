package verify_test

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"math/big"
	"slices"
	"testing"
	"time"

	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/pades"
	"kytiem/verify"
)

// TestLongTerm follows a signature through the years: what it has decides how long it
// can be judged.
func TestLongTerm(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, func(p *devca.Profile) { p.NotAfter = signedAt.AddDate(0, 0, 100) }) // its responder's lasts a year, its authority's for two
	signed := signPDF(t, by, "one", page(t), signedAt)
	levels := map[level][]byte{}
	for _, to := range []level{levelT, levelLT, levelLTA} {
		levels[to] = e.raise(t, by, signed, to)
	}
	// Renewed in the second year, before the first authority's certificate expires.
	later := newEpoch(t, signedAt.AddDate(1, 6, 0))
	e.now = later.now
	renewed := later.appendStamp(t, appendDSS(t, levels[levelLTA], e.evidence(t, e.tsaPath())))
	renewed = appendDSS(t, renewed, later.evidence(t, later.tsaPath()))
	const days, years = 24 * time.Hour, 365 * 24 * time.Hour
	for _, test := range []struct {
		name     string
		document []byte
		after    time.Duration
		change   func(*verify.Verifier)
		format   string
		want     outcome
	}{
		{"B at once", signed, 0, nil, "PAdES-BASELINE-B", outcome{verify.TotalPassed, ""}},
		{"B when the certificate has expired", signed, 200 * days, nil, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"T at once", levels[levelT], time.Minute, nil, "PAdES-BASELINE-T", outcome{verify.TotalPassed, ""}},
		{"T with nobody to ask", levels[levelT], time.Minute, offline, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.TryLater}},
		{"LT with nobody to ask", levels[levelLT], time.Minute, offline, "PAdES-BASELINE-LT", outcome{verify.TotalPassed, ""}},
		{"LT when the certificate has expired", levels[levelLT], 200 * days, offline, "PAdES-BASELINE-LT", outcome{verify.TotalPassed, ""}},
		{"LT when the responder's has expired", levels[levelLT], 3 * years / 2, offline, "PAdES-BASELINE-T", outcome{verify.Indeterminate, verify.RevocationOutOfBoundsNoPOE}},
		{"LT when the time-stamp's has expired", levels[levelLT], 3 * years, offline, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"LTA with nobody to ask", levels[levelLTA], time.Minute, offline, "PAdES-BASELINE-LTA", outcome{verify.TotalPassed, ""}},
		{"LTA when the certificate has expired", levels[levelLTA], 3 * years / 2, offline, "PAdES-BASELINE-LTA", outcome{verify.TotalPassed, ""}},
		{"LTA when the time-stamps' has expired", levels[levelLTA], 3 * years, offline, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"LTA renewed, when the first time-stamps' has expired", renewed, 3 * years, offline, "PAdES-BASELINE-LTA", outcome{verify.TotalPassed, ""}},
		{"LTA renewed, when all have expired", renewed, 4 * years, offline, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"LTA without a trusted time-stamp authority", levels[levelLTA], time.Minute, func(v *verify.Verifier) { v.Anchors.TSA = nil },
			"PAdES-BASELINE-B", outcome{verify.TotalPassed, ""}},
		{"LTA with the signer's anchors for time-stamps", levels[levelLTA], 3 * years / 2, func(v *verify.Verifier) { v.Anchors.TSA = v.Anchors.CA },
			"PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
		{"LTA under an anchor closed since", levels[levelLTA], time.Hour, func(v *verify.Verifier) {
			period(v, certs.Period{Until: signedAt.Add(time.Minute)})
		}, "PAdES-BASELINE-LTA", outcome{verify.TotalPassed, ""}},
		{"B under an anchor closed since", signed, time.Hour, func(v *verify.Verifier) {
			period(v, certs.Period{Until: signedAt.Add(time.Minute)})
		}, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.NoCertificateChainFoundNoPOE}},
		{"LTA under an anchor opened since", levels[levelLTA], time.Hour, func(v *verify.Verifier) {
			period(v, certs.Period{From: signedAt.Add(30 * time.Minute)})
		}, "PAdES-BASELINE-T", outcome{verify.TotalPassed, ""}},
		{"LTA before it was stamped", levels[levelLTA], -time.Hour / 2, nil, "PAdES-BASELINE-B", outcome{verify.Indeterminate, verify.SigConstraintsFailure}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e.now = signedAt.Add(max(test.after, 0))
			v := *e.v
			v.At = signedAt.Add(test.after)
			v.Revocation = &certs.HTTP{AllowPrivate: true, Now: func() time.Time { return e.now }}
			if test.change != nil {
				test.change(&v)
			}
			r := v.PDF(t.Context(), "x.pdf", test.document)
			i := slices.IndexFunc(r.Signatures, func(s verify.Signature) bool { return s.Field == "one" })
			r.Signatures[0], r.Signatures[i] = r.Signatures[i], r.Signatures[0]
			check(t, r, nil, test.want)
			if got := r.Signatures[0].Format; got != test.format {
				t.Errorf("got %s, want %s", got, test.format)
			}
		})
	}
}

func offline(v *verify.Verifier) { v.Revocation = certs.Offline{} }

func period(v *verify.Verifier, p certs.Period) {
	v.Anchors.Periods = map[[sha256.Size]byte]certs.Period{sha256.Sum256(v.Anchors.CA[0].Raw): p}
}

// TestRevoked: what was revoked after the time-stamp still holds, what was before does
// not, and what is said of a time before the evidence was gathered is no evidence.
func TestRevoked(t *testing.T) {
	for _, test := range []struct {
		name    string
		level   level
		revoked time.Duration // after signing
		reason  int
		offline bool
		want    outcome
	}{
		{"B, since", levelB, time.Hour, 1, false, outcome{verify.Indeterminate, verify.RevokedNoPOE}},
		{"T, since", levelT, time.Hour, 1, false, outcome{verify.TotalPassed, ""}},
		{"T, before", levelT, -time.Hour / 2, 1, false, outcome{verify.Indeterminate, verify.RevokedNoPOE}},
		{"T, on hold since", levelT, time.Hour, 6, false, outcome{verify.TotalPassed, ""}},
		{"T, on hold before", levelT, -time.Hour / 2, 6, false, outcome{verify.Indeterminate, verify.TryLater}},
		{"LT, since, nobody to ask", levelLT, time.Hour, 1, true, outcome{verify.TotalPassed, ""}},
		{"LTA, since", levelLTA, time.Hour, 1, false, outcome{verify.TotalPassed, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := newEpoch(t, signedAt)
			by := e.issue(t, nil)
			document := signPDF(t, by, "one", page(t), signedAt)
			document = e.raise(t, by, document, test.level)
			if err := e.ca.Revoke(by.Certificate.SerialNumber, signedAt.Add(test.revoked), test.reason); err != nil {
				t.Fatal(err)
			}
			e.now = signedAt.Add(2 * time.Hour)
			v := *e.v
			v.At = e.now
			if test.offline {
				v.Revocation = nil
			}
			r := v.PDF(t.Context(), "x.pdf", document)
			i := slices.IndexFunc(r.Signatures, func(s verify.Signature) bool { return s.Field == "one" })
			r.Signatures[0], r.Signatures[i] = r.Signatures[i], r.Signatures[0]
			check(t, r, nil, test.want)
		})
	}
}

// TestRevokedAuthority: once an authority is revoked, whoever has its key can make
// certificates and answers; those count that are proven to be from before.
func TestRevokedAuthority(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	stamped := e.raise(t, by, signPDF(t, by, "one", page(t), signedAt), levelT)
	covered := e.appendStamp(t, stamped)
	archived := e.appendStamp(t, appendDSS(t, stamped, e.evidence(t, e.pathOf(by), e.tsaPath())))
	if err := e.ca.Revoke(e.ca.Issuing().Certificate.SerialNumber, signedAt.Add(time.Hour), 2); err != nil {
		t.Fatal(err)
	}
	e.now = signedAt.Add(2 * time.Hour)
	for _, test := range []struct {
		name     string
		document []byte
		want     outcome
	}{
		{"stamped signature", stamped, outcome{verify.Indeterminate, verify.RevocationOutOfBoundsNoPOE}},
		{"stamped certificate, answers of after", covered, outcome{verify.Indeterminate, verify.RevocationOutOfBoundsNoPOE}},
		{"stamped certificate and answers", archived, outcome{verify.TotalPassed, ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := *e.v
			v.At, v.Revocation = e.now, e.source()
			r := v.PDF(t.Context(), "x.pdf", test.document)
			i := slices.IndexFunc(r.Signatures, func(s verify.Signature) bool { return s.Field == "one" })
			r.Signatures[0], r.Signatures[i] = r.Signatures[i], r.Signatures[0]
			check(t, r, nil, test.want)
		})
	}
}

// TestManifestLongTerm is the same for the signature over a manifest.
func TestManifestLongTerm(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, func(p *devca.Profile) { p.NotAfter = signedAt.AddDate(0, 0, 100) })
	content := []byte(`{"v":1}`)
	levels := map[level][]byte{}
	levels[levelT] = e.stamped(t, detached(t, by, content))
	var err error
	if levels[levelLT], err = pades.AddEvidence(levels[levelT], e.evidence(t, e.pathOf(by), e.tsaPath())); err != nil {
		t.Fatal(err)
	}
	archive, err := pades.PrepareArchive(levels[levelLT], sha256.Sum256(content))
	if err != nil {
		t.Fatal(err)
	}
	if levels[levelLTA], err = archive.Embed(e.token(t, archive.Digest)); err != nil {
		t.Fatal(err)
	}
	const days = 24 * time.Hour
	for _, test := range []struct {
		name   string
		level  level
		after  time.Duration
		format string
		want   outcome
	}{
		{"T", levelT, time.Minute, "CAdES-BASELINE-B", outcome{verify.Indeterminate, verify.TryLater}},
		{"LT", levelLT, time.Minute, "CAdES-BASELINE-LT", outcome{verify.TotalPassed, ""}},
		{"LT when the certificate has expired", levelLT, 200 * days, "CAdES-BASELINE-LT", outcome{verify.TotalPassed, ""}},
		{"LT when the responder's has expired", levelLT, 500 * days, "CAdES-BASELINE-T", outcome{verify.Indeterminate, verify.RevocationOutOfBoundsNoPOE}},
		{"LTA when the responder's has expired", levelLTA, 500 * days, "CAdES-BASELINE-LTA", outcome{verify.TotalPassed, ""}},
		{"LTA when the time-stamps' has expired", levelLTA, 1000 * days, "CAdES-BASELINE-B", outcome{verify.Indeterminate, verify.OutOfBoundsNoPOE}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := *e.v
			v.At, v.Revocation = signedAt.Add(test.after), nil
			r, err := v.Detached(t.Context(), "x.p7s", levels[test.level], content)
			check(t, r, err, test.want)
			if got := r.Signatures[0].Format; got != test.format {
				t.Errorf("got %s, want %s", got, test.format)
			}
		})
	}
}

// TestTimestampRules breaks what a signature time-stamp has to be (R-T1 to R-T4): it then
// proves nothing, and the signature is judged as one without.
func TestTimestampRules(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	content := []byte("content")
	p7s := detached(t, by, content)
	signature := func(p7s []byte) []byte {
		cms, err := pades.ParseCMS(p7s)
		if err != nil {
			t.Fatal(err)
		}
		return cms.Signers[0].Signature
	}
	token := func(over []byte) []byte { return e.token(t, sha256.Sum256(over)) }
	with := func(tokens ...[]byte) []byte {
		out, err := pades.AddUnsigned(p7s, pades.Attribute{Type: oidSignatureTimeStamp, Values: tokens})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	good := token(signature(p7s))
	forged := bytes.Clone(good)
	forged[len(forged)-1] ^= 1
	for _, test := range []struct {
		name   string
		p7s    []byte
		rule   string
		sub    verify.SubIndication
		format string
	}{
		{"as it should be", with(good), "R-T1", "", "CAdES-BASELINE-T"},
		{"the same twice", with(good, good), "R-T1", "", "CAdES-BASELINE-T"},
		{"of another signature", with(token(signature(detached(t, by, content)))), "R-T2", verify.HashFailure, "CAdES-BASELINE-B"},
		{"over the content", with(token(content)), "R-T2", verify.HashFailure, "CAdES-BASELINE-B"},
		{"whose own signature is broken", with(forged), "R-C7", verify.SigCryptoFailure, "CAdES-BASELINE-B"},
		{"that is none", with(p7s), "R-C3", verify.FormatFailure, "CAdES-BASELINE-B"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := e.v.Detached(t.Context(), "x.p7s", test.p7s, content)
			check(t, r, err, outcome{verify.TotalPassed, ""})
			s := r.Signatures[0]
			if s.Format != test.format || len(s.Timestamps) != 1 || s.Timestamps[0].SubIndication != test.sub {
				t.Fatalf("got %s, %+v, want %s, %s", s.Format, s.Timestamps, test.format, test.sub)
			}
			if !slices.ContainsFunc(s.Timestamps[0].Checks, func(c verify.Check) bool { return c.ID == test.rule }) {
				t.Errorf("no %s in %+v", test.rule, s.Timestamps[0].Checks)
			}
			if test.sub != "" && len(s.Warnings) == 0 {
				t.Error("the reader is not told")
			}
		})
	}
}

// TestForgedEvidence: revocation data that somebody puts beside a signature answer only
// for what the issuer signed.
func TestForgedEvidence(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	stranger, err := devca.New(devca.Options{FreshKeys: true, Now: func() time.Time { return signedAt }})
	if err != nil {
		t.Fatal(err)
	}
	content := []byte("content")
	answer := func(change func(*devca.OCSPResponse)) []byte {
		r := devca.OCSPResponse{
			Issuer: e.ca.Issuing().Certificate, Serial: by.Certificate.SerialNumber, ProducedAt: signedAt, ThisUpdate: signedAt,
			NextUpdate: signedAt.Add(time.Hour), Signer: e.ca.Responder(), Certificates: []*x509.Certificate{e.ca.Responder().Certificate},
		}
		change(&r)
		der, err := r.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	crl, err := e.ca.CRL(e.ca.Root())
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		ocsp []byte
		want outcome
	}{
		{"true", answer(func(*devca.OCSPResponse) {}), outcome{verify.TotalPassed, ""}},
		{"by a stranger", answer(func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = stranger.Responder(), []*x509.Certificate{stranger.Responder().Certificate}
		}), outcome{verify.Indeterminate, verify.TryLater}},
		{"by the signer himself", answer(func(r *devca.OCSPResponse) {
			r.Signer, r.Certificates = devca.Authority{Certificate: by.Certificate, Key: by.Key}, []*x509.Certificate{by.Certificate}
		}), outcome{verify.Indeterminate, verify.TryLater}},
		{"about another certificate", answer(func(r *devca.OCSPResponse) { r.Serial = big.NewInt(1) }), outcome{verify.Indeterminate, verify.TryLater}},
		{"of the same number from another issuer", answer(func(r *devca.OCSPResponse) { r.Issuer = stranger.Issuing().Certificate }), outcome{verify.Indeterminate, verify.TryLater}},
		{"of yesterday", answer(func(r *devca.OCSPResponse) {
			r.ProducedAt, r.ThisUpdate, r.NextUpdate = signedAt.AddDate(0, 0, -1), signedAt.AddDate(0, 0, -1), signedAt.Add(-time.Hour)
		}), outcome{verify.Indeterminate, verify.TryLater}},
		{"of tomorrow", answer(func(r *devca.OCSPResponse) {
			r.ProducedAt, r.ThisUpdate, r.NextUpdate = signedAt.AddDate(0, 0, 1), signedAt.AddDate(0, 0, 1), time.Time{}
		}), outcome{verify.Indeterminate, verify.TryLater}},
		{"unknown", answer(func(r *devca.OCSPResponse) { r.Status = 2 }), outcome{verify.Indeterminate, verify.TryLater}},
		{"revoked", answer(func(r *devca.OCSPResponse) { r.Status, r.RevokedAt = 1, signedAt.Add(-time.Minute) }), outcome{verify.Indeterminate, verify.RevokedNoPOE}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p7s, err := pades.AddEvidence(detached(t, by, content), pades.Evidence{OCSPs: [][]byte{test.ocsp}, CRLs: [][]byte{crl}})
			if err != nil {
				t.Fatal(err)
			}
			v := *e.v
			v.Revocation = nil
			r, err := v.Detached(t.Context(), "x.p7s", p7s, content)
			check(t, r, err, test.want)
		})
	}
}

// TestSigned takes the signed revision out of a file that goes on.
func TestSigned(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	signed := e.raise(t, by, signPDF(t, by, "one", page(t), signedAt), levelT)
	r := e.v.PDF(t.Context(), "x.pdf", appendDSS(t, signed, e.evidence(t, e.pathOf(by))))
	if got := r.Signatures[0].Coverage.Signed(append(bytes.Clone(signed), "more"...)); !bytes.Equal(got, signed) {
		t.Errorf("got %d bytes, want the %d that were signed", len(got), len(signed))
	}
	if got := (&verify.Coverage{Extent: "PARTIAL", ByteRange: []int64{0, 1, 2, 3}}).Signed(signed); got != nil {
		t.Errorf("got %d bytes of a document that is not covered", len(got))
	}
}

// TestFullReport holds the evidence, and every piece once.
func TestFullReport(t *testing.T) {
	e := newEpoch(t, signedAt)
	by := e.issue(t, nil)
	document := e.raise(t, by, signPDF(t, by, "one", page(t), signedAt), levelLTA)
	v := *e.v
	v.Full = true
	r := v.PDF(t.Context(), "x.pdf", document)
	if r.Evidence == nil || len(r.Evidence.Certificates) == 0 || len(r.Evidence.CRLs) == 0 || len(r.Evidence.OCSPs) != 1 || len(r.Evidence.Timestamps) != 2 {
		t.Fatalf("got %+v", r.Evidence)
	}
	again := v.PDF(t.Context(), "x.pdf", document)
	one, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if two, err := again.JSON(); err != nil || !bytes.Equal(one, two) {
		t.Errorf("two reports differ (%v)", err)
	}
}
