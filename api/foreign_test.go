package api_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kytiem/api"
	"kytiem/attest"
	"kytiem/certs"
)

// sivaNames are the members of SiVa's answer, by its interface description (SiVa 3, "Validation
// response parameters, Simple Report"), with those that it always has.
var sivaNames = map[string]bool{
	"validationReport": true, "validationReport.validationConclusion": true,
	".policy": true, ".policy.policyName": true, ".policy.policyDescription": true, ".policy.policyUrl": true,
	".signaturesCount": true, ".validSignaturesCount": true, ".validationLevel": false, ".validationTime": true,
	".validationWarnings": false, ".validationWarnings.content": true,
	".validatedDocument": false, ".validatedDocument.filename": false, ".validatedDocument.fileHash": false, ".validatedDocument.hashAlgo": false,
	".signatures": false, ".signatures.id": true, ".signatures.indication": true, ".signatures.subIndication": false,
	".signatures.claimedSigningTime": true, ".signatures.signatureFormat": true, ".signatures.signatureMethod": true, ".signatures.signatureLevel": false,
	".signatures.signedBy": true, ".signatures.errors": false, ".signatures.errors.content": true, ".signatures.warnings": false, ".signatures.warnings.content": true,
	".signatures.subjectDistinguishedName": false, ".signatures.subjectDistinguishedName.serialNumber": false, ".signatures.subjectDistinguishedName.commonName": false,
	".signatures.subjectDistinguishedName.givenName": false, ".signatures.subjectDistinguishedName.surname": false,
	".signatures.signatureScopes": false, ".signatures.signatureScopes.name": true, ".signatures.signatureScopes.scope": true, ".signatures.signatureScopes.content": true,
	".signatures.info": false, ".signatures.info.bestSignatureTime": true, ".signatures.info.timestampCreationTime": false,
	".signatures.info.archiveTimeStamps": false, ".signatures.info.archiveTimeStamps.signedTime": true, ".signatures.info.archiveTimeStamps.indication": true,
	".signatures.info.archiveTimeStamps.subIndication": false, ".signatures.info.archiveTimeStamps.signedBy": true,
	".signatures.info.archiveTimeStamps.country": true, ".signatures.info.archiveTimeStamps.content": true,
	".signatures.certificates": false, ".signatures.certificates.commonName": true, ".signatures.certificates.type": true, ".signatures.certificates.content": true,
	".signatures.certificates.issuer": false, ".signatures.certificates.issuer.commonName": true, ".signatures.certificates.issuer.content": true,
}

// likeSiva holds the names in an answer against SiVa's: no other ones, and none missing.
func likeSiva(t *testing.T, body []byte) {
	t.Helper()
	var answer any
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			if len(v) == 0 {
				t.Errorf("%s is an empty list, where SiVa has none", at)
			}
			for _, item := range v {
				walk(at, item)
			}
		case map[string]any:
			within := at + "."
			if at == "" {
				within = ""
			}
			if at == "validationReport.validationConclusion" {
				within = "."
			}
			for name, value := range v {
				if _, known := sivaNames[within+name]; !known {
					t.Errorf("SiVa has no %s", within+name)
				}
				walk(within+name, value)
			}
			for name, always := range sivaNames {
				rest, inside := strings.CutPrefix(name, within)
				if _, is := v[rest]; inside && always && rest != "" && !strings.Contains(rest, ".") && !is {
					t.Errorf("%s is missing", name)
				}
			}
		}
	}
	walk("", answer)
}

type conclusionSeen struct {
	ValidationReport struct {
		ValidationConclusion struct {
			Policy                                struct{ PolicyName string }
			ValidatedDocument                     struct{ Filename, FileHash, HashAlgo string }
			SignaturesCount, ValidSignaturesCount int
			Signatures                            []struct {
				ID, SignatureFormat, SignatureMethod, SignedBy, Indication, SubIndication string
				Errors                                                                    []struct{ Content string }
				SignatureScopes                                                           []struct{ Name, Scope string }
				Info                                                                      *struct {
					BestSignatureTime, TimestampCreationTime *time.Time
					ArchiveTimeStamps                        []struct{ Indication string }
				}
				Certificates []struct {
					CommonName, Type string
					Content          []byte
				}
			}
		}
	}
}

func (d *desk) siva(t testing.TB, body any) *answer {
	t.Helper()
	return d.call(t, "", http.MethodPost, "/validate", body)
}

// TestSiva: documents as SiVa's clients send them are answered as they read it.
func TestSiva(t *testing.T) {
	d := newDesk(t, nil)
	basic := d.get(t, d.token[attest.Head], "/v1/bundles/"+d.signed(t, 1).ID+"/bundle.pdf")
	a := d.siva(t, object{"document": basic, "filename": "văn bản.pdf", "signaturePolicy": "POLv4", "reportType": "Simple"})
	var got conclusionSeen
	a.into(t, &got)
	likeSiva(t, a.body)
	c := got.ValidationReport.ValidationConclusion
	if c.SignaturesCount != 1 || c.ValidSignaturesCount != 1 || c.ValidatedDocument.Filename != "văn bản.pdf" || c.ValidatedDocument.HashAlgo != "SHA256" || len(c.Signatures) != 1 {
		t.Fatalf("%+v", c)
	}
	s := c.Signatures[0]
	if s.Indication != "TOTAL-PASSED" || s.SubIndication != "" || s.SignatureFormat != "PAdES_BASELINE_B" || s.SignatureMethod != "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" ||
		s.SignedBy != "Trần Văn Mẫu" || s.SignatureScopes[0].Scope != "FULL" || s.Info != nil {
		t.Errorf("%+v", s)
	}
	if len(s.Certificates) != 1 || s.Certificates[0].Type != "SIGNING" || !bytes.Equal(s.Certificates[0].Content, d.key.Certificate.Raw) {
		t.Errorf("certificates %+v, want the signer's", s.Certificates)
	}

	tampered := bytes.Replace(basic, []byte("/Type /Catalog"), []byte("/Type /catalog"), 1)
	if bytes.Equal(tampered, basic) {
		tampered = bytes.Clone(basic)
		tampered[len(tampered)/2] ^= 1
	}
	a = d.siva(t, object{"document": tampered, "filename": "x.pdf"})
	a.into(t, &got)
	likeSiva(t, a.body)
	c = got.ValidationReport.ValidationConclusion
	if c.SignaturesCount != 1 || c.ValidSignaturesCount != 0 || c.Signatures[0].Indication == "TOTAL-PASSED" || c.Signatures[0].SubIndication == "" || len(c.Signatures[0].Errors) == 0 {
		t.Errorf("tampered: %+v", c)
	}

	p7s := d.get(t, "", "/v1/bundles/"+d.signed(t, 1).ID+"/manifest.p7s")
	a = d.siva(t, object{"document": p7s, "filename": "manifest.p7s"})
	a.into(t, &got)
	likeSiva(t, a.body)
	if c = got.ValidationReport.ValidationConclusion; c.ValidSignaturesCount != 0 || c.Signatures[0].SignatureFormat != "CAdES_BASELINE_B" || c.Signatures[0].SubIndication != "SIGNED_DATA_NOT_FOUND" {
		t.Errorf("a signature without its content: %+v", c)
	}
}

// TestForeignLongTerm: by both interfaces time-stamps and the certificates of their authorities
// are told, too.
func TestForeignLongTerm(t *testing.T) {
	d := newDesk(t, nil)
	_, document, _ := d.raised(t)
	service := attest.New(attest.Options{Store: d.store, Anchors: certs.Anchors{CA: certs.Path{d.ca.Root().Certificate}, TSA: certs.Path{d.ca.TSARoot().Certificate}}})
	handler, err := api.New(api.Options{Service: service, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	d.url = server.URL
	a := d.siva(t, object{"document": document, "filename": "x.pdf", "reportType": "Detailed"})
	var siva conclusionSeen
	a.into(t, &siva)
	likeSiva(t, a.body)
	c := siva.ValidationReport.ValidationConclusion
	if c.SignaturesCount != 1 || c.ValidSignaturesCount != 1 || c.Signatures[0].SignatureFormat != "PAdES_BASELINE_LTA" || c.Signatures[0].SignatureScopes[0].Scope != "PARTIAL" {
		t.Fatalf("%+v", c)
	}
	info := c.Signatures[0].Info
	if info == nil || info.BestSignatureTime == nil || info.TimestampCreationTime == nil || !info.BestSignatureTime.Equal(*info.TimestampCreationTime) ||
		len(info.ArchiveTimeStamps) != 1 || info.ArchiveTimeStamps[0].Indication != "PASSED" {
		t.Errorf("info %+v", info)
	}
	kinds := make(map[string]int)
	for _, c := range c.Signatures[0].Certificates {
		kinds[c.Type]++
	}
	if kinds["SIGNING"] != 1 || kinds["SIGNATURE_TIMESTAMP"] != 1 || kinds["ARCHIVE_TIMESTAMP"] != 1 {
		t.Errorf("certificates %v", kinds)
	}
	var dss dssSeen
	d.call(t, "", http.MethodPost, "/services/rest/validation/validateSignature", object{"signedDocument": object{"bytes": document}, "tokenExtractionStrategy": "EXTRACT_ALL"}).into(t, &dss)
	s := dss.SimpleReport.Tokens[0].Signature
	if len(dss.SimpleReport.Tokens) != 1 || s.SignatureFormat != "PAdES-BASELINE-LTA" || s.Indication != "TOTAL_PASSED" || s.Timestamps == nil || len(s.Timestamps.Timestamp) != 2 ||
		s.Timestamps.Timestamp[0].Indication != "PASSED" || s.Timestamps.Timestamp[0].ProducedBy == "" || len(dss.DiagnosticData.Timestamp) != 2 {
		t.Errorf("%+v with %d tokens", s, len(dss.DiagnosticData.Timestamp))
	}
}

// TestForeignCorpus sends documents that nobody here wrote by both interfaces: none that is to be
// rejected passes.
func TestForeignCorpus(t *testing.T) {
	const corpora = "../../shared/corpora"
	index, err := os.Open(filepath.Join(corpora, "index.tsv"))
	if err != nil {
		t.Skip("the corpora are not here: ", err)
	}
	defer index.Close()
	lines := csv.NewReader(index)
	lines.Comma, lines.LazyQuotes, lines.FieldsPerRecord = '\t', true, -1
	rows, err := lines.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, nil)
	for _, row := range rows[1:] {
		document, err := os.ReadFile(filepath.Join(corpora, "files", row[0]))
		if err != nil {
			t.Fatal(err)
		}
		a := d.siva(t, object{"document": document, "filename": row[0]})
		b := d.call(t, "", http.MethodPost, "/services/rest/validation/validateSignature", object{"signedDocument": object{"bytes": document, "name": row[0]}})
		if a.status != b.status || a.status != http.StatusOK && a.status != http.StatusBadRequest {
			t.Errorf("%s: SiVa's is answered %d %s, DSS's %d %s", row[0], a.status, a.body[:min(len(a.body), 300)], b.status, b.body[:min(len(b.body), 300)])
			continue
		}
		if a.status == http.StatusOK {
			var siva conclusionSeen
			var dss dssSeen
			a.into(t, &siva)
			b.into(t, &dss)
			c := siva.ValidationReport.ValidationConclusion
			if c.ValidSignaturesCount != 0 || dss.SimpleReport.ValidSignaturesCount != 0 || c.SignaturesCount != dss.SimpleReport.SignaturesCount { // nobody is trusted here
				t.Errorf("%s: SiVa's %d of %d, DSS's %d of %d", row[0], c.ValidSignaturesCount, c.SignaturesCount, dss.SimpleReport.ValidSignaturesCount, dss.SimpleReport.SignaturesCount)
			}
		}
	}
}

type dssSeen struct {
	DiagnosticData struct {
		Signature []struct {
			ID             string `json:"Id"`
			BasicSignature struct{ SignatureIntact, SignatureValid bool }
			PDFRevision    *struct {
				SignatureField         []struct{ Name string }
				PDFSignatureDictionary struct {
					SubFilter          string
					SignatureByteRange struct {
						Value []int64
						Valid bool
					}
				}
			}
			SigningCertificate *struct{ Certificate string }
		}
		Certificate []struct {
			ID            string `json:"Id"`
			CommonName    string
			Base64Encoded []byte
		}
		Timestamp []struct{ Base64Encoded []byte }
	}
	SimpleReport struct {
		ValidationPolicy                      struct{ PolicyName string }
		DocumentName                          string
		ValidSignaturesCount, SignaturesCount int
		ValidationTime                        time.Time
		Tokens                                []struct {
			Signature *struct {
				ID                                                   string `json:"Id"`
				Indication, SubIndication, SignatureFormat, SignedBy string
				SignatureScope                                       []struct{ Scope string }
				CertificateChain                                     struct {
					Certificate []struct {
						ID            string `json:"Id"`
						QualifiedName string
						Trusted       bool
					}
				}
				AdESValidationDetails struct{ Error []struct{ Key, Value string } }
				Timestamps            *struct {
					Timestamp []struct{ Indication, ProducedBy string }
				}
			}
		} `json:"signatureOrTimestampOrEvidenceRecord"`
	}
	DetailedReport, ValidationReportDataHandler *string
}

// TestDSS: documents as DSS's clients send them, with all the nulls, are answered as they
// read it.
func TestDSS(t *testing.T) {
	d := newDesk(t, nil)
	b := d.signed(t, 1)
	basic := d.get(t, d.token[attest.Head], "/v1/bundles/"+b.ID+"/bundle.pdf")
	ask := func(order object) (got dssSeen) {
		t.Helper()
		d.call(t, "", http.MethodPost, "/services/rest/validation/validateSignature", order).into(t, &got)
		if got.SimpleReport.SignaturesCount != 1 || len(got.SimpleReport.Tokens) != 1 || got.SimpleReport.Tokens[0].Signature == nil || len(got.DiagnosticData.Signature) != 1 ||
			got.DiagnosticData.Signature[0].ID != got.SimpleReport.Tokens[0].Signature.ID {
			t.Fatalf("%+v", got)
		}
		return got
	}
	got := ask(object{"signedDocument": object{"bytes": basic, "digestAlgorithm": nil, "name": "x.pdf"}, "originalDocuments": []object{{"bytes": nil, "digestAlgorithm": nil, "name": nil}},
		"policy": nil, "evidenceRecords": nil, "tokenExtractionStrategy": "EXTRACT_CERTIFICATES_ONLY", "signatureId": nil})
	s, found := got.SimpleReport.Tokens[0].Signature, got.DiagnosticData.Signature[0]
	if got.SimpleReport.ValidSignaturesCount != 1 || s.Indication != "TOTAL_PASSED" || s.SignatureFormat != "PAdES-BASELINE-B" || s.SignedBy != "Trần Văn Mẫu" || s.SignatureScope[0].Scope != "FULL" {
		t.Errorf("%+v", s)
	}
	if links := s.CertificateChain.Certificate; len(links) < 2 || links[0].Trusted || !links[len(links)-1].Trusted || found.SigningCertificate == nil || found.SigningCertificate.Certificate != links[0].ID {
		t.Errorf("chain %+v of %+v", links, found.SigningCertificate)
	}
	if p := found.PDFRevision; p == nil || p.PDFSignatureDictionary.SubFilter != "ETSI.CAdES.detached" || !p.PDFSignatureDictionary.SignatureByteRange.Valid || !found.BasicSignature.SignatureValid {
		t.Errorf("found %+v", found)
	}
	if len(got.DiagnosticData.Certificate) == 0 || got.DiagnosticData.Certificate[0].Base64Encoded == nil || got.DetailedReport != nil || got.ValidationReportDataHandler != nil {
		t.Errorf("certificates %+v", got.DiagnosticData.Certificate)
	}

	p7s, manifest := d.get(t, "", "/v1/bundles/"+b.ID+"/manifest.p7s"), d.get(t, "", "/v1/bundles/"+b.ID+"/manifest.json")
	sum := sha256.Sum256(manifest)
	for name, original := range map[string]object{"whole": {"bytes": manifest, "name": "manifest.json"}, "digest": {"bytes": sum[:], "digestAlgorithm": "SHA256"}} {
		got := ask(object{"signedDocument": object{"bytes": p7s, "name": "x.p7s"}, "originalDocuments": []object{original}})
		if s := got.SimpleReport.Tokens[0].Signature; s.Indication != "TOTAL_PASSED" || s.SignatureFormat != "CAdES-BASELINE-B" || got.DiagnosticData.Signature[0].PDFRevision != nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	got = ask(object{"signedDocument": object{"bytes": p7s}, "originalDocuments": []object{{"bytes": []byte("another content")}}})
	if s := got.SimpleReport.Tokens[0].Signature; s.Indication != "TOTAL_FAILED" || s.SubIndication != "HASH_FAILURE" || len(s.AdESValidationDetails.Error) == 0 || got.DiagnosticData.Signature[0].BasicSignature.SignatureIntact {
		t.Errorf("another content: %+v", s)
	}
	early := time.Date(2021, 6, 1, 0, 0, 0, 0, time.UTC)
	got = ask(object{"signedDocument": object{"bytes": basic}, "validationTime": early})
	if s := got.SimpleReport.Tokens[0].Signature; !got.SimpleReport.ValidationTime.Equal(early) || s.Indication == "TOTAL_PASSED" {
		t.Errorf("before it was made: %s %s at %v", s.Indication, s.SubIndication, got.SimpleReport.ValidationTime)
	}
}

// TestForeignOrders: what is no proper order by either interface, or none that is taken, is
// told where it is wrong; to clients of SiVa as SiVa tells it.
func TestForeignOrders(t *testing.T) {
	d := newDesk(t, func(o *api.Options, _ *attest.Options) { o.MaxDocument, o.MaxJSON = 64<<10, 64<<10 })
	const siva, dss = "/validate", "/services/rest/validation/validateSignature"
	pdf := base64.StdEncoding.EncodeToString([]byte("%PDF-1.4"))
	large := base64.StdEncoding.EncodeToString(make([]byte, 64<<10+1))
	for _, tt := range []struct {
		name, path, body string
		status           int
		code, key        string
	}{
		{"nothing", siva, "", 400, "no-body", "document"},
		{"no JSON", siva, "{", 400, "json", "document"},
		{"two values", siva, `{"document":"` + pdf + `","filename":"x"} {}`, 400, "json", "document"},
		{"a name twice", siva, `{"document":"` + pdf + `","filename":"x","filename":"y"}`, 400, "json", "document"},
		{"no document", siva, `{"filename":"x"}`, 400, "request", "document"},
		{"null for one", siva, `{"document":null,"filename":"x"}`, 400, "request", "document"},
		{"no name", siva, `{"document":"` + pdf + `"}`, 400, "request", "filename"},
		{"a long name", siva, `{"document":"` + pdf + `","filename":"` + strings.Repeat("x", 256) + `"}`, 400, "request", "filename"},
		{"not base64", siva, `{"document":"%%%%","filename":"x"}`, 400, "request", "document"},
		{"two texts of base64", siva, `{"document":"QUI=QUI=","filename":"x"}`, 400, "request", "document"},
		{"base64 for addresses", siva, `{"document":"-_-_","filename":"x"}`, 400, "request", "document"},
		{"another policy", siva, `{"document":"` + pdf + `","filename":"x","signaturePolicy":"POLv9"}`, 400, "request", "signaturePolicy"},
		{"another report", siva, `{"document":"` + pdf + `","filename":"x","reportType":"Long"}`, 400, "request", "reportType"},
		{"an unknown member", siva, `{"document":"` + pdf + `","filename":"x","more":1}`, 400, "request", "body"},
		{"no document at all", siva, `{"document":"aGVsbG8=","filename":"x"}`, 400, "unreadable", "document"},
		{"broken, without a signature", siva, `{"document":"` + pdf + `","filename":"x"}`, 400, "no-report", "document"},
		{"too large", siva, `{"document":"` + large + `","filename":"x"}`, 413, "too-large", "document"},
		// More than a connection holds would be cut off half a second after the answer, before a busy client has read it.
		{"far too large", siva, `{"document":"` + strings.Repeat("A", 256<<10) + `","filename":"x"}`, 413, "too-large", "document"},

		{"nothing", dss, "", 400, "no-body", ""},
		{"no document", dss, `{}`, 400, "request", ""},
		{"a digest for one", dss, `{"signedDocument":{"bytes":"` + pdf + `","digestAlgorithm":"SHA256"}}`, 400, "request", ""},
		{"not base64", dss, `{"signedDocument":{"bytes":"*"}}`, 400, "request", ""},
		{"two originals", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"originalDocuments":[{"bytes":"QUJD"},{"bytes":"QUJD"}]}`, 400, "request", ""},
		{"a digest of another kind", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"originalDocuments":[{"bytes":"QUJD","digestAlgorithm":"SHA1"}]}`, 400, "request", ""},
		{"a digest too short", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"originalDocuments":[{"bytes":"QUJD","digestAlgorithm":"SHA256"}]}`, 400, "request", ""},
		{"a policy", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"policy":{"bytes":"QUJD"}}`, 400, "request", ""},
		{"evidence records", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"evidenceRecords":[{}]}`, 400, "request", ""},
		{"another strategy", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"tokenExtractionStrategy":"SOME"}`, 400, "request", ""},
		{"no time", dss, `{"signedDocument":{"bytes":"` + pdf + `"},"validationTime":"now"}`, 400, "request", ""},
		{"no document at all", dss, `{"signedDocument":{"bytes":"aGVsbG8="}}`, 400, "unreadable", ""},
		{"too large", dss, `{"signedDocument":{"bytes":"` + large + `"}}`, 413, "too-large", ""},
	} {
		t.Run(tt.path+" "+tt.name, func(t *testing.T) {
			a := d.call(t, "", http.MethodPost, tt.path, strings.NewReader(tt.body), "Content-Type", "application/json")
			a.is(t, tt.status, tt.code)
			var p struct {
				RequestErrors []struct{ Key, Message string }
			}
			if err := json.Unmarshal(a.body, &p); err != nil {
				t.Fatal(err)
			}
			switch {
			case tt.key == "" && p.RequestErrors != nil:
				t.Errorf("%+v, which is SiVa's", p.RequestErrors)
			case tt.key != "" && (len(p.RequestErrors) != 1 || p.RequestErrors[0].Key != tt.key || p.RequestErrors[0].Message == ""):
				t.Errorf("%+v, want the key %s", p.RequestErrors, tt.key)
			}
		})
	}
	d.call(t, "", http.MethodPost, siva, strings.NewReader("x"), "Content-Type", "text/plain").is(t, 415, "media-type")
	d.call(t, "", http.MethodPost, dss, strings.NewReader("x"), "Content-Type", "application/json; charset=utf-16").is(t, 415, "media-type")
}

// TestVerificationLimits: every call that verifies is paid for by who has no token, and sends
// away what is too much.
func TestVerificationLimits(t *testing.T) {
	order := `{"document":"aGVsbG8=","filename":"x"}`
	calls := []struct{ path, body, kind string }{
		{"/v1/verifications", "hello", "application/pdf"},
		{"/v1/verifications/revisions/" + strings.Repeat("0", 64), "hello", "application/pdf"},
		{"/validate", order, "application/json"},
		{"/services/rest/validation/validateSignature", `{"signedDocument":{"bytes":"aGVsbG8="}}`, "application/json"},
	}
	for _, tt := range calls {
		t.Run(tt.path, func(t *testing.T) {
			d := newDesk(t, func(o *api.Options, _ *attest.Options) {
				o.Anonymous, o.Proxies, o.Calls = 1, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, 2
			})
			ask := func(from string) *answer {
				return d.call(t, "", http.MethodPost, tt.path, strings.NewReader(tt.body), "Content-Type", tt.kind, "X-Forwarded-For", from)
			}
			for range 2 { // ten in one go, of which each counts five
				ask("203.0.113.7").is(t, 400, "unreadable")
			}
			a := ask("203.0.113.7")
			a.is(t, 429, "rate")
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			var wait sync.WaitGroup
			for range 2 { // who take all places
				r, w := io.Pipe()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+tt.path, r)
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", tt.kind)
				request.Header.Set("X-Forwarded-For", "203.0.113.8")
				wait.Go(func() {
					if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
						response.Body.Close()
					}
				})
				_, _ = io.WriteString(w, tt.body[:1])
				defer w.Close()
			}
			for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				if a = ask("203.0.113.9"); a.status == http.StatusServiceUnavailable {
					break
				}
				if time.Since(begun) > 10*time.Second {
					t.Fatal("never too much")
				}
			}
			a.is(t, 503, "overload")
			if a.header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
}
