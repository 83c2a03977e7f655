package verify

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"kytiem/certs"
)

// Report is the outcome for one input. It is deterministic given the bytes of the
// input, the validation time, the trust anchors and the answers about revocation.
type Report struct {
	Verdict        Indication    `json:"verdict"`
	Document       Document      `json:"document"`
	Policy         PolicyName    `json:"policy"`
	ValidationTime time.Time     `json:"validation_time"`
	Explain        Sentence      `json:"explain"`
	Signatures     []Signature   `json:"signatures"`
	UnsignedFields []string      `json:"unsigned_fields"`
	Checks         []Check       `json:"checks"` // of the input as a whole
	Bundle         *Bundle       `json:"bundle,omitempty"`
	Proof          *Proof        `json:"proof,omitempty"`
	Evidence       *Evidence     `json:"evidence,omitempty"` // in the full report only
	sub            SubIndication // why the input as a whole does not pass
}

// Document names what was verified. Type is pdf, cms, proof or bundle (a
// directory, whose SHA-256 is that of its manifest).
type Document struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
}

// PolicyName names the rules that were applied, and the anchors they were applied
// with.
type PolicyName struct {
	ID               string `json:"id"`
	SHA256           string `json:"sha256"`
	AlgorithmsSHA256 string `json:"algorithms_sha256"`
	TrustSHA256      string `json:"trust_sha256"`

	Domains []certs.Domain `json:"domains,omitempty"` // that are accepted, where not all are
}

// Signature is the outcome for one signature.
type Signature struct {
	ID                 string         `json:"id"`
	Field              string         `json:"field,omitempty"`
	Format             string         `json:"format"`
	SubFilter          string         `json:"sub_filter,omitempty"`
	Algorithm          string         `json:"algorithm,omitempty"` // by its JWA name (RFC 7518, 3.1), where it has one
	Indication         Indication     `json:"indication"`
	SubIndication      SubIndication  `json:"sub_indication,omitempty"`
	Explain            Sentence       `json:"explain"`
	ClaimedSigningTime *time.Time     `json:"claimed_signing_time,omitempty"`
	BestSignatureTime  *time.Time     `json:"best_signature_time,omitempty"`
	Signer             *Signer        `json:"signer,omitempty"`
	Coverage           *Coverage      `json:"coverage,omitempty"`
	Modifications      *Modifications `json:"modifications,omitempty"`
	Checks             []Check        `json:"checks"`
	Chain              []ChainLink    `json:"chain"`
	Revocation         []Revocation   `json:"revocation"`
	Timestamps         []Timestamp    `json:"timestamps"`
	Errors             []Sentence     `json:"errors"`
	Warnings           []Sentence     `json:"warnings"`
}

// Sentence is one thing said to people in both languages.
type Sentence struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Signer is what the signing certificate says about its holder.
type Signer struct {
	CommonName   string    `json:"common_name"`
	Organization string    `json:"organization,omitempty"`
	Title        string    `json:"title,omitempty"`
	Identifiers  []string  `json:"identifiers"`
	Serial       string    `json:"serial"`
	Issuer       string    `json:"issuer"`
	NotBefore    time.Time `json:"not_before"`
	NotAfter     time.Time `json:"not_after"`
}

// Coverage says how much of the file a signature covers: the byte range, and
// whether that is the whole file, a whole earlier revision, or less. Size and SHA-256
// are those of the document as it was signed; of less than a revision there are none.
type Coverage struct {
	ByteRange []int64 `json:"byte_range"`
	Extent    string  `json:"extent"` // WHOLE_FILE, WHOLE_REVISION, PARTIAL
	Revision  int     `json:"revision"`
	Revisions int     `json:"revisions"` // of the file
	Size      int64   `json:"size,omitempty"`
	SHA256    string  `json:"sha256,omitempty"`
}

// Signed is the document as it was signed, byte for byte, out of the file that was
// verified: what a reader should look at where something follows the signature. It is
// nil where the signature does not cover a whole revision.
func (c *Coverage) Signed(file []byte) []byte {
	if c.Size == 0 {
		return nil
	}
	return file[:c.Size:c.Size]
}

// Modifications says what happened to the document after the signature: the highest
// level of it, and the highest that is allowed after this signature (R-M5). Pages are
// those that changed, by number; what changed on no page in particular has none.
type Modifications struct {
	Level   string   `json:"level"`
	Allowed string   `json:"allowed"`
	Changes []string `json:"changes"`
	Pages   []int    `json:"pages"`
}

// Check is the outcome of one rule, by the id it has in docs/conformance.md.
type Check struct {
	ID      string        `json:"id"`
	Status  CheckStatus   `json:"status"`
	Message string        `json:"message"`
	sub     SubIndication // what a FAIL means for the verdict
	key     string        // its sentence in the catalogue, where it has one of its own
}

// CheckStatus is OK, WARN or FAIL.
type CheckStatus string

// The outcomes of a check.
const (
	OK   CheckStatus = "OK"
	Warn CheckStatus = "WARN"
	Fail CheckStatus = "FAIL"
)

// ChainLink is one certificate of the path, signer first, anchor last.
type ChainLink struct {
	Subject   string    `json:"subject"`
	Serial    string    `json:"serial"`
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"`
	Anchor    bool      `json:"anchor,omitempty"`
}

// Revocation is what was learnt about one certificate below the anchor.
type Revocation struct {
	Serial     string     `json:"serial"`
	Status     string     `json:"status"` // good, revoked, suspended, unknown
	Source     string     `json:"source,omitempty"`
	ThisUpdate *time.Time `json:"this_update,omitempty"`
	NextUpdate *time.Time `json:"next_update,omitempty"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	Message    string     `json:"message,omitempty"`
}

// Bundle is what the manifest says, where the input is one of ours. Status is
// unknown offline: whether a bundle was replaced or recalled only the service can
// say, and whether it sealed this root.
type Bundle struct {
	ID     string `json:"id"`
	Unit   string `json:"unit"`
	Root   string `json:"root"`
	Status string `json:"status"`
	Ours   *bool  `json:"ours,omitempty"` // nil: nobody looked
}

// Proof is the outcome for a proof: whether it leads to the root, and which fields
// it discloses.
type Proof struct {
	Inclusion CheckStatus `json:"inclusion"` // OK or FAIL
	Disclosed []string    `json:"disclosed"`

	values map[string]string // of the disclosed fields, for the text form only
}

// Evidence is what the signatures were judged with: what came with the input, and what
// was asked for. Each is DER, which JSON has in base64.
type Evidence struct {
	Certificates [][]byte `json:"certificates"`
	CRLs         [][]byte `json:"crls"`
	OCSPs        [][]byte `json:"ocsps"`
	Timestamps   [][]byte `json:"timestamps"`
}

// checks gathers outcomes while rules are applied, in their order.
type checks []Check

// ok notes a rule that holds.
func (c *checks) ok(id, message string) {
	*c = append(*c, Check{ID: id, Status: OK, Message: message})
}

// warn notes something the reader should know that changes no verdict, with the key
// of its sentence.
func (c *checks) warn(id, key, message string) {
	*c = append(*c, Check{ID: id, Status: Warn, Message: message, key: key})
}

// fail notes a rule that does not hold, what that means for the verdict, and the
// key of its sentence; an empty key says the sub-indication's.
func (c *checks) fail(id string, sub SubIndication, key, message string) {
	*c = append(*c, Check{ID: id, Status: Fail, Message: message, sub: sub, key: key})
}

// gravest is the sub-indication that a list of checks leads to; empty if none
// fails.
func gravest(checks []Check) SubIndication {
	var worst SubIndication
	for _, c := range checks {
		if c.Status == Fail && (worst == "" || c.sub.severity() < worst.severity()) {
			worst = c.sub
		}
	}
	return worst
}

// settle draws the signature's indication from its checks.
func (s *Signature) settle() {
	s.SubIndication = gravest(s.Checks)
	switch {
	case s.SubIndication == "":
		s.Indication = TotalPassed
	case s.SubIndication.failed():
		s.Indication = TotalFailed
	default:
		s.Indication = Indeterminate
	}
	s.Explain = explain(s)
	for _, c := range s.Checks {
		switch c.Status {
		case Fail:
			s.Errors = append(s.Errors, sentenceOf(c))
		case Warn:
			s.Warnings = append(s.Warnings, sentenceOf(c))
		case OK:
		}
	}
	s.Errors, s.Warnings = distinct(s.Errors), distinct(s.Warnings)
}

func distinct(sentences []Sentence) []Sentence {
	out := make([]Sentence, 0, len(sentences))
	for _, s := range sentences {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// IsTimestamp reports whether it is nobody's signature but a document time-stamp.
func (s *Signature) IsTimestamp() bool { return s.Format == "PAdES-DOC-TIMESTAMP" }

// counts reports whether the verdict on the whole depends on it: a document time-stamp
// that is broken counts as a signature that is; one that cannot be trusted has taken its
// effect on the signatures that it covers, and one that holds is nobody's signature.
func (s *Signature) counts() bool { return !s.IsTimestamp() || s.Indication == TotalFailed }

// revision is that of the document in which it was made. Signatures stand in a report in
// the order in which they were made: a document time-stamp behind what it is over, and
// behind all of a document the CMS beside it.
func (s *Signature) revision() int {
	if s.Coverage == nil {
		return math.MaxInt
	}
	return s.Coverage.Revision
}

// settle draws the verdict: the least favourable of the signatures and of the
// checks on the input as a whole.
func (r *Report) settle() {
	r.sub = gravest(r.Checks)
	verdict := TotalPassed
	if !slices.ContainsFunc(r.Signatures, func(s Signature) bool { return !s.IsTimestamp() }) {
		verdict = NoSignature
	}
	worst := func(v Indication) {
		// Failed outweighs everything, and what is indeterminate outweighs passing; an
		// input without signature stays that unless something in it is broken.
		rank := map[Indication]int{TotalPassed: 0, Indeterminate: 1, NoSignature: 2, TotalFailed: 3}
		if rank[v] > rank[verdict] {
			verdict = v
		}
	}
	for i := range r.Signatures {
		if s := &r.Signatures[i]; s.counts() {
			worst(s.Indication)
		}
	}
	switch {
	case r.sub.failed():
		worst(TotalFailed)
	case verdict == NoSignature && (r.sub == TryLater || r.sub == SigConstraintsFailure && r.locked()): // there may be some that were not reached
		verdict = Indeterminate
	case r.sub != "":
		worst(Indeterminate)
	}
	r.Verdict = verdict
	r.Explain = r.explain()
	slices.SortStableFunc(r.Signatures, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.revision(), b.revision()), cmp.Compare(a.ID, b.ID))
	})
}

// locked reports whether a password is in the way of signatures.
func (r *Report) locked() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return c.ID == "R-M10" && c.Status == Fail })
}

// Whole is what was found about the input itself, apart from its signatures: TotalPassed
// where nothing is wrong with it.
func (r *Report) Whole() (Indication, SubIndication) {
	switch {
	case r.sub == "":
		return TotalPassed, ""
	case r.sub.failed():
		return TotalFailed, r.sub
	}
	return Indeterminate, r.sub
}

// JSON writes the report, indented, ending in a line feed.
func (r *Report) JSON() ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(r)
	return b.Bytes(), err
}
