package api

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"kytiem/pades"
	"kytiem/verify"
)

// errNoReport is a document that is broken as a whole and shows no signature: interfaces
// that know signatures only have nothing to hang that on, and a count of none out of none
// would read as if all were well.
var errNoReport = errors.New("the document is broken and shows no signature")

// tongue chooses the caller's language.
func (c *call) tongue() func(verify.Sentence) string {
	if c.english() {
		return func(s verify.Sentence) string { return s.EN }
	}
	return func(s verify.Sentence) string { return s.VI }
}

// judged is one signature as interfaces tell of it that know no verdict on the whole: it
// passes only if nothing is wrong with the whole either.
type judged struct {
	*verify.Signature
	indication verify.Indication
	sub        verify.SubIndication
	errors     []verify.Sentence
}

// judgedOf tells the signatures from the document time-stamps. One of those that is broken
// makes the whole fail, too.
func judgedOf(r *verify.Report) (signatures []judged, stamps []*verify.Signature, err error) {
	whole, why := r.Whole()
	for i := range r.Signatures {
		s := &r.Signatures[i]
		if s.Format != documentStamp {
			signatures = append(signatures, judged{s, s.Indication, s.SubIndication, s.Errors})
			continue
		}
		stamps = append(stamps, s)
		if s.Indication == verify.TotalFailed && whole != verify.TotalFailed {
			whole, why = s.Indication, s.SubIndication
		}
	}
	if whole != verify.TotalPassed && len(signatures) == 0 {
		return nil, nil, errNoReport
	}
	for i := range signatures {
		if s := &signatures[i]; whole != verify.TotalPassed && s.indication == verify.TotalPassed {
			s.indication, s.sub, s.errors = whole, why, []verify.Sentence{r.Explain}
		}
	}
	return signatures, stamps, nil
}

// documentStamp is the format of what is nobody's signature.
const documentStamp = "PAdES-DOC-TIMESTAMP"

// sivaConclusion is SiVa's validationConclusion. What is not known is left out.
type sivaConclusion struct {
	Policy               sivaPolicy       `json:"policy"`
	ValidationTime       time.Time        `json:"validationTime"`
	ValidatedDocument    sivaDocument     `json:"validatedDocument"`
	ValidationLevel      string           `json:"validationLevel"`
	SignaturesCount      int              `json:"signaturesCount"`
	ValidSignaturesCount int              `json:"validSignaturesCount"`
	ValidationWarnings   []sivaContent    `json:"validationWarnings,omitempty"`
	Signatures           []sivaSignature  `json:"signatures,omitempty"`
	TimeStampTokens      []sivaStampToken `json:"timeStampTokens,omitempty"`
}

type sivaPolicy struct {
	Name        string `json:"policyName"`
	Description string `json:"policyDescription"`
	URL         string `json:"policyUrl"`
}

type sivaDocument struct {
	Filename string `json:"filename"`
	FileHash string `json:"fileHash" doc:"SHA-256, base64"`
	HashAlgo string `json:"hashAlgo"`
}

type sivaContent struct {
	Content string `json:"content"`
}

type sivaSignature struct {
	ID                       string            `json:"id"`
	SignatureFormat          string            `json:"signatureFormat" example:"PAdES_BASELINE_LT"`
	SignatureMethod          string            `json:"signatureMethod,omitempty" doc:"URI (RFC 9231)"`
	SignatureLevel           string            `json:"signatureLevel" enum:"NA"`
	SignedBy                 string            `json:"signedBy,omitempty"`
	SubjectDistinguishedName *sivaSubject      `json:"subjectDistinguishedName,omitempty"`
	Indication               string            `json:"indication" enum:"TOTAL-PASSED,TOTAL-FAILED,INDETERMINATE"`
	SubIndication            string            `json:"subIndication,omitempty"`
	Errors                   []sivaContent     `json:"errors,omitempty"`
	Warnings                 []sivaContent     `json:"warnings,omitempty"`
	SignatureScopes          []sivaScope       `json:"signatureScopes"`
	ClaimedSigningTime       *time.Time        `json:"claimedSigningTime,omitempty"`
	Info                     *sivaInfo         `json:"info,omitempty"`
	Certificates             []sivaCertificate `json:"certificates,omitempty"`
}

type sivaSubject struct {
	CommonName   string `json:"commonName,omitempty"`
	SerialNumber string `json:"serialNumber,omitempty"`
	GivenName    string `json:"givenName,omitempty"`
	Surname      string `json:"surname,omitempty"`
}

type sivaScope struct {
	Name    string `json:"name"`
	Scope   string `json:"scope" enum:"FULL,PARTIAL"`
	Content string `json:"content"`
}

type sivaInfo struct {
	BestSignatureTime     *time.Time         `json:"bestSignatureTime,omitempty"`
	TimestampCreationTime *time.Time         `json:"timestampCreationTime,omitempty"`
	ArchiveTimeStamps     []sivaArchiveStamp `json:"archiveTimeStamps,omitempty"`
}

type sivaArchiveStamp struct {
	SignedTime    *time.Time `json:"signedTime,omitempty"`
	Indication    string     `json:"indication" enum:"PASSED,FAILED,INDETERMINATE"`
	SubIndication string     `json:"subIndication,omitempty"`
	SignedBy      string     `json:"signedBy,omitempty"`
	Country       string     `json:"country" doc:"Của chứng thư · in the certificate; - where it names none"`
	Content       []byte     `json:"content" doc:"Dấu thời gian, DER, base64 · the token"`
}

type sivaStampToken struct {
	Indication    string        `json:"indication" enum:"TOTAL-PASSED,TOTAL-FAILED,INDETERMINATE"`
	SubIndication string        `json:"subIndication,omitempty"`
	SignedBy      string        `json:"signedBy,omitempty"`
	SignedTime    *time.Time    `json:"signedTime,omitempty"`
	Error         []sivaContent `json:"error,omitempty"`
	Warning       []sivaContent `json:"warning,omitempty"`
}

// concluded translates a report.
func concluded(r *verify.Report, say func(verify.Sentence) string) (sivaConclusion, error) {
	sum, err := hex.DecodeString(r.Document.SHA256)
	if err != nil {
		return sivaConclusion{}, fmt.Errorf("reading the digest in a report: %w", err)
	}
	c := sivaConclusion{
		Policy:         sivaPolicy{r.Policy.ID, say(verify.Sentence{VI: "Chính sách kiểm tra của dịch vụ này, SHA-256 ", EN: "The policy of this service, SHA-256 "}) + r.Policy.SHA256, "/openapi.json"},
		ValidationTime: r.ValidationTime, ValidationLevel: "ARCHIVAL_DATA",
		ValidatedDocument: sivaDocument{r.Document.Name, base64.StdEncoding.EncodeToString(sum), "SHA256"},
	}
	signatures, stamps, err := judgedOf(r)
	if err != nil {
		return c, err
	}
	if whole, _ := r.Whole(); whole != verify.TotalPassed {
		c.ValidationWarnings = []sivaContent{{say(r.Explain)}}
	}
	evidence := newEvidenceIndex(r)
	for _, s := range signatures {
		c.SignaturesCount++
		if s.indication == verify.TotalPassed {
			c.ValidSignaturesCount++
		}
		c.Signatures = append(c.Signatures, sivaOf(s, r.Document.Name, evidence, say))
	}
	if len(signatures) > 0 { // then they are told of with what they cover
		return c, nil
	}
	for _, s := range stamps {
		token := sivaStampToken{Indication: hyphenated(s.Indication), SubIndication: string(s.SubIndication), SignedTime: s.BestSignatureTime,
			Error: contents(s.Errors, say), Warning: contents(s.Warnings, say)}
		if s.Signer != nil {
			token.SignedBy = s.Signer.CommonName
		}
		c.TimeStampTokens = append(c.TimeStampTokens, token)
	}
	return c, nil
}

func sivaOf(s judged, document string, evidence evidenceIndex, say func(verify.Sentence) string) sivaSignature {
	out := sivaSignature{ID: s.ID, SignatureFormat: strings.ReplaceAll(s.Format, "-", "_"), SignatureMethod: methods[s.Algorithm], SignatureLevel: "NA",
		Indication: hyphenated(s.indication), SubIndication: string(s.sub), Errors: contents(s.errors, say), Warnings: contents(s.Warnings, say),
		SignatureScopes: []sivaScope{scopeOf(s.Signature, document)}, ClaimedSigningTime: s.ClaimedSigningTime, Info: infoOf(s.Signature)}
	if s.Signer != nil {
		out.SignedBy = s.Signer.CommonName
		out.SubjectDistinguishedName = &sivaSubject{CommonName: s.Signer.CommonName}
		if leaf := evidence.signer(s.Signature); leaf != nil {
			out.SubjectDistinguishedName.SerialNumber = leaf.Subject.SerialNumber
			out.SubjectDistinguishedName.GivenName, out.SubjectDistinguishedName.Surname = namesOf(leaf)
			if given, family := out.SubjectDistinguishedName.GivenName, out.SubjectDistinguishedName.Surname; given != "" && family != "" && leaf.Subject.SerialNumber != "" {
				out.SignedBy = family + ", " + given + ", " + leaf.Subject.SerialNumber
			}
		}
	}
	out.Certificates = evidence.certificatesOf(s.Signature)
	return out
}

// methods are the URIs of signature algorithms (RFC 9231, 2.3) by their JWA names.
var methods = map[string]string{
	"RS256": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "RS384": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
	"RS512": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", "PS256": "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
	"PS384": "http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1", "PS512": "http://www.w3.org/2007/05/xmldsig-more#sha512-rsa-MGF1",
	"ES256": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "ES384": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
	"ES512": "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512",
}

// hyphenated writes an indication as SiVa does.
func hyphenated(i verify.Indication) string { return strings.ReplaceAll(string(i), "_", "-") }

func contents(sentences []verify.Sentence, say func(verify.Sentence) string) (all []sivaContent) {
	for _, s := range sentences {
		all = append(all, sivaContent{say(s)})
	}
	return all
}

// scopeOf says how much of the document a signature covers.
func scopeOf(s *verify.Signature, document string) sivaScope {
	if document == "" {
		document = "-" // SiVa's own has always a name
	}
	scope := sivaScope{Name: document, Scope: "FULL", Content: "Full document"}
	if s.Coverage != nil {
		scope.Content = fmt.Sprintf("ByteRange %v", s.Coverage.ByteRange)
		if s.Coverage.Extent != "WHOLE_FILE" {
			scope.Scope = "PARTIAL"
		}
	}
	return scope
}

// infoOf tells of the time-stamps. Without one there is no time that is proven.
func infoOf(s *verify.Signature) *sivaInfo {
	info := &sivaInfo{BestSignatureTime: s.BestSignatureTime}
	for _, t := range s.Timestamps {
		if t.Type == "signature" {
			if info.TimestampCreationTime == nil {
				info.TimestampCreationTime = t.Time
			}
			continue
		}
		info.ArchiveTimeStamps = append(info.ArchiveTimeStamps, archiveStampOf(t))
	}
	if info.TimestampCreationTime == nil && info.ArchiveTimeStamps == nil {
		return nil
	}
	return info
}

// stampIndication is that of a time-stamp: only signatures pass in total (EN 319 102-1,
// 5.1.3).
func stampIndication(i verify.Indication) string { return strings.TrimPrefix(string(i), "TOTAL_") }

func archiveStampOf(t verify.Timestamp) sivaArchiveStamp {
	out := sivaArchiveStamp{t.Time, stampIndication(t.Indication), string(t.SubIndication), t.Authority, "-", t.Token}
	if stamp, err := pades.ParseTimeStamp(t.Token); err == nil && len(stamp.Authority.Subject.Country) > 0 {
		out.Country = stamp.Authority.Subject.Country[0]
	}
	return out
}
