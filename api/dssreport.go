package api

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"kytiem/certs"
	"kytiem/verify"
)

// dssReports is DSS's WSReportsDTO, in part: the names are those that its JSON has.
type dssReports struct {
	DiagnosticData dssDiagnosticData `json:"DiagnosticData"`
	SimpleReport   dssSimpleReport   `json:"SimpleReport"`
	DetailedReport *string           `json:"DetailedReport" nullable:"true"`
	ReportXML      *string           `json:"validationReportDataHandler" nullable:"true"`
}

type dssSimpleReport struct {
	ValidationPolicy struct {
		PolicyName        string `json:"PolicyName"`
		PolicyDescription string `json:"PolicyDescription"`
	} `json:"ValidationPolicy"`
	DocumentName         string     `json:"DocumentName"`
	ValidSignaturesCount int        `json:"ValidSignaturesCount"`
	SignaturesCount      int        `json:"SignaturesCount"`
	Tokens               []dssToken `json:"signatureOrTimestampOrEvidenceRecord"`
	ValidationTime       time.Time  `json:"ValidationTime"`
}

// dssToken is one or the other.
type dssToken struct {
	Signature *dssSignature `json:"Signature,omitempty"`
	Timestamp *dssTimestamp `json:"Timestamp,omitempty"`
}

type dssSignature struct {
	ID                    string           `json:"Id"`
	SignatureFormat       string           `json:"SignatureFormat" example:"PAdES-BASELINE-LT"`
	Indication            string           `json:"Indication" enum:"TOTAL_PASSED,TOTAL_FAILED,INDETERMINATE"`
	SubIndication         string           `json:"SubIndication,omitempty"`
	SigningTime           *time.Time       `json:"SigningTime,omitempty"`
	BestSignatureTime     *time.Time       `json:"BestSignatureTime,omitempty"`
	SignedBy              string           `json:"SignedBy,omitempty"`
	SignatureLevel        dssQualification `json:"SignatureLevel"`
	SignatureScope        []dssScope       `json:"SignatureScope"`
	CertificateChain      dssChain         `json:"CertificateChain"`
	AdESValidationDetails dssDetails       `json:"AdESValidationDetails"`
	QualificationDetails  dssDetails       `json:"QualificationDetails"`
	Timestamps            *dssTimestamps   `json:"Timestamps,omitempty"`
}

type dssTimestamps struct {
	Timestamp []dssTimestamp `json:"Timestamp"`
}

type dssTimestamp struct {
	ID                    string           `json:"Id"`
	Indication            string           `json:"Indication" enum:"PASSED,FAILED,INDETERMINATE"`
	SubIndication         string           `json:"SubIndication,omitempty"`
	ProductionTime        *time.Time       `json:"ProductionTime,omitempty"`
	ProducedBy            string           `json:"ProducedBy,omitempty"`
	TimestampLevel        dssQualification `json:"TimestampLevel"`
	CertificateChain      dssChain         `json:"CertificateChain"`
	AdESValidationDetails dssDetails       `json:"AdESValidationDetails"`
}

type dssQualification struct {
	Value       string `json:"value" enum:"N/A"`
	Description string `json:"description"`
}

type dssScope struct {
	Name  string `json:"name"`
	Scope string `json:"scope" enum:"FULL,PARTIAL"`
	Value string `json:"value"`
}

type dssChain struct {
	Certificate []dssChainLink `json:"Certificate"`
}

type dssChainLink struct {
	ID            string `json:"Id"`
	QualifiedName string `json:"QualifiedName"`
	Trusted       bool   `json:"trusted"`
}

type dssDetails struct {
	Error   []dssMessage `json:"Error"`
	Warning []dssMessage `json:"Warning"`
	Info    []dssMessage `json:"Info"`
}

type dssMessage struct {
	Key   string `json:"Key"`
	Value string `json:"value"`
}

// notQualified is that nobody here judges by Regulation (EU) 910/2014.
func notQualified() dssQualification { return dssQualification{"N/A", "Not applicable"} }

// reportsOf translates a report.
func reportsOf(r *verify.Report, tokens extraction, say func(verify.Sentence) string) (dssReports, error) {
	var out dssReports
	signatures, stamps, err := judgedOf(r)
	if err != nil {
		return out, err
	}
	simple := &out.SimpleReport
	simple.ValidationPolicy.PolicyName, simple.ValidationPolicy.PolicyDescription = r.Policy.ID, "SHA-256 "+r.Policy.SHA256
	simple.DocumentName, simple.ValidationTime, simple.Tokens = r.Document.Name, r.ValidationTime, []dssToken{}
	for _, s := range signatures {
		simple.SignaturesCount++
		if s.indication == verify.TotalPassed {
			simple.ValidSignaturesCount++
		}
		simple.Tokens = append(simple.Tokens, dssToken{Signature: dssOf(s, r.Document.Name, say)})
	}
	if len(signatures) == 0 { // else each is told of with what it covers
		for _, s := range stamps {
			t := dssTimestamp{ID: "T-" + s.ID, Indication: stampIndication(s.Indication), SubIndication: string(s.SubIndication), ProductionTime: s.BestSignatureTime,
				TimestampLevel: notQualified(), CertificateChain: linksOf(s.Chain), AdESValidationDetails: detailsOf(s.Errors, s.Warnings, say)}
			if s.Signer != nil {
				t.ProducedBy = s.Signer.CommonName
			}
			simple.Tokens = append(simple.Tokens, dssToken{Timestamp: &t})
		}
	}
	out.DiagnosticData = diagnosticOf(r, signatures, tokens)
	return out, nil
}

func dssOf(s judged, document string, say func(verify.Sentence) string) *dssSignature {
	scope := scopeOf(s.Signature, document)
	out := &dssSignature{ID: s.ID, SignatureFormat: s.Format, Indication: string(s.indication), SubIndication: string(s.sub), SigningTime: s.ClaimedSigningTime,
		BestSignatureTime: s.BestSignatureTime, SignatureLevel: notQualified(), SignatureScope: []dssScope{{scope.Name, scope.Scope, scope.Content}},
		CertificateChain: linksOf(s.Chain), AdESValidationDetails: detailsOf(s.errors, s.Warnings, say), QualificationDetails: detailsOf(nil, nil, say)}
	if s.Signer != nil {
		out.SignedBy = s.Signer.CommonName
	}
	for i, t := range s.Timestamps {
		if out.Timestamps == nil {
			out.Timestamps = &dssTimestamps{}
		}
		var failed []verify.Sentence
		for _, c := range t.Checks {
			if c.Status == verify.Fail {
				failed = append(failed, verify.Sentence{VI: c.ID + ": " + c.Message, EN: c.ID + ": " + c.Message})
			}
		}
		out.Timestamps.Timestamp = append(out.Timestamps.Timestamp, dssTimestamp{ID: fmt.Sprintf("T-%s-%d", s.ID, i+1), Indication: stampIndication(t.Indication),
			SubIndication: string(t.SubIndication), ProductionTime: t.Time, ProducedBy: t.Authority, TimestampLevel: notQualified(),
			CertificateChain: linksOf(t.Chain), AdESValidationDetails: detailsOf(failed, nil, say)})
	}
	return out
}

func detailsOf(errors, warnings []verify.Sentence, say func(verify.Sentence) string) dssDetails {
	messages := func(sentences []verify.Sentence, key string) []dssMessage {
		all := []dssMessage{}
		for _, s := range sentences {
			all = append(all, dssMessage{key, say(s)})
		}
		return all
	}
	return dssDetails{messages(errors, "KYTIEM_ERROR"), messages(warnings, "KYTIEM_WARNING"), []dssMessage{}}
}

// certificateID names a certificate as DSS does.
func certificateID(sum string) string { return "C-" + strings.ToUpper(sum) }

func linksOf(chain []verify.ChainLink) dssChain {
	links := dssChain{Certificate: []dssChainLink{}}
	for _, l := range chain {
		links.Certificate = append(links.Certificate, dssChainLink{certificateID(l.SHA256), l.Subject, l.Anchor})
	}
	return links
}

// dssDiagnosticData is what was found, apart from what it means.
type dssDiagnosticData struct {
	DocumentName   string           `json:"DocumentName"`
	ValidationDate time.Time        `json:"ValidationDate"`
	Signature      []dssDiagnosis   `json:"Signature"`
	Certificate    []dssCertificate `json:"Certificate"`
	Revocation     []dssEncoded     `json:"Revocation"`
	Timestamp      []dssEncoded     `json:"Timestamp"`
}

type dssDiagnosis struct {
	ID                 string     `json:"Id"`
	SignatureFormat    string     `json:"SignatureFormat"`
	ClaimedSigningTime *time.Time `json:"ClaimedSigningTime,omitempty"`
	BasicSignature     struct {
		EncryptionAlgorithm string `json:"EncryptionAlgoUsedToSignThisToken,omitempty"`
		DigestAlgorithm     string `json:"DigestAlgoUsedToSignThisToken,omitempty"`
		SignatureIntact     bool   `json:"SignatureIntact"`
		SignatureValid      bool   `json:"SignatureValid"`
	} `json:"BasicSignature"`
	SigningCertificate *dssReference  `json:"SigningCertificate,omitempty"`
	ChainItem          []dssReference `json:"ChainItem"`
	PDFRevision        *dssRevision   `json:"PDFRevision,omitempty"`
}

type dssReference struct {
	Certificate string `json:"Certificate"`
}

type dssRevision struct {
	SignatureField []struct {
		Name string `json:"name"`
	} `json:"SignatureField"`
	PDFSignatureDictionary struct {
		SubFilter          string `json:"SubFilter"`
		SignatureByteRange struct {
			Value []int64 `json:"value"`
			Valid bool    `json:"valid"`
		} `json:"SignatureByteRange"`
	} `json:"PDFSignatureDictionary"`
}

type dssCertificate struct {
	ID            string    `json:"Id"`
	CommonName    string    `json:"CommonName,omitempty"`
	SerialNumber  string    `json:"SerialNumber" doc:"Hệ 16 · hexadecimal"`
	NotBefore     time.Time `json:"NotBefore"`
	NotAfter      time.Time `json:"NotAfter"`
	Base64Encoded []byte    `json:"Base64Encoded,omitempty"`
}

type dssEncoded struct {
	Base64Encoded []byte `json:"Base64Encoded"`
}

func diagnosticOf(r *verify.Report, signatures []judged, tokens extraction) dssDiagnosticData {
	out := dssDiagnosticData{DocumentName: r.Document.Name, ValidationDate: r.ValidationTime, Signature: []dssDiagnosis{},
		Certificate: []dssCertificate{}, Revocation: []dssEncoded{}, Timestamp: []dssEncoded{}}
	evidence := newEvidenceIndex(r)
	for _, s := range signatures {
		out.Signature = append(out.Signature, diagnosisOf(s, evidence))
	}
	for sum, cert := range evidence {
		c := dssCertificate{ID: certificateID(sum), CommonName: certs.Subject(cert).CommonName, SerialNumber: certs.Serial(cert), NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC()}
		if tokens.certificates {
			c.Base64Encoded = cert.Raw
		}
		out.Certificate = append(out.Certificate, c)
	}
	slices.SortFunc(out.Certificate, func(a, b dssCertificate) int { return cmp.Compare(a.ID, b.ID) })
	if r.Evidence == nil {
		return out
	}
	if tokens.revocations {
		for _, der := range slices.Concat(r.Evidence.CRLs, r.Evidence.OCSPs) {
			out.Revocation = append(out.Revocation, dssEncoded{der})
		}
	}
	if tokens.timestamps {
		for _, der := range r.Evidence.Timestamps {
			out.Timestamp = append(out.Timestamp, dssEncoded{der})
		}
	}
	return out
}

func diagnosisOf(s judged, evidence evidenceIndex) dssDiagnosis {
	d := dssDiagnosis{ID: s.ID, SignatureFormat: s.Format, ClaimedSigningTime: s.ClaimedSigningTime, ChainItem: []dssReference{}}
	d.BasicSignature.EncryptionAlgorithm, d.BasicSignature.DigestAlgorithm = partsOf(s.Algorithm)
	// A signature whose digest or mathematics were not reached is not said to hold.
	d.BasicSignature.SignatureIntact = s.Algorithm != "" && s.SubIndication != verify.HashFailure && s.SubIndication != verify.SigCryptoFailure && s.SubIndication != verify.FormatFailure &&
		s.SubIndication != verify.SignedDataNotFound && s.SubIndication != verify.NoSigningCertificateFound
	d.BasicSignature.SignatureValid = d.BasicSignature.SignatureIntact
	if leaf := evidence.signer(s.Signature); leaf != nil {
		d.SigningCertificate = &dssReference{idOf(leaf)}
	}
	for _, l := range s.Chain {
		d.ChainItem = append(d.ChainItem, dssReference{certificateID(l.SHA256)})
	}
	if s.Coverage != nil {
		d.PDFRevision = &dssRevision{}
		d.PDFRevision.SignatureField = append(d.PDFRevision.SignatureField, struct {
			Name string `json:"name"`
		}{s.Field})
		d.PDFRevision.PDFSignatureDictionary.SubFilter = s.SubFilter
		d.PDFRevision.PDFSignatureDictionary.SignatureByteRange.Value = s.Coverage.ByteRange
		d.PDFRevision.PDFSignatureDictionary.SignatureByteRange.Valid = s.Coverage.SHA256 != ""
	}
	return d
}

func idOf(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return certificateID(hex.EncodeToString(sum[:]))
}

// partsOf takes a JWA name apart, into DSS's names of its parts.
func partsOf(algorithm string) (encryption, digest string) {
	if len(algorithm) != len("RS256") {
		return "", ""
	}
	encryption = map[string]string{"RS": "RSA", "PS": "RSASSA-PSS", "ES": "ECDSA"}[algorithm[:2]]
	return encryption, "SHA" + algorithm[2:]
}
