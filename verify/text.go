package verify

import (
	"fmt"
	"io"
	"strings"
	"time"

	"kytiem/bundle"
)

// verdicts are the indications as readers see them.
var verdicts = map[Indication]Sentence{
	TotalPassed:   {"Hợp lệ", "Valid"},
	TotalFailed:   {"Không hợp lệ", "Not valid"},
	Indeterminate: {"Chưa xác định", "Not determined"},
	NoSignature:   {"Chưa ký số", "Not signed"},
}

// Words is the indication as readers see it.
func (i Indication) Words() Sentence { return verdicts[i] }

// loud is how a report in plain text tells it, which has nothing but letters to do so.
func (i Indication) loud() string { return strings.ToUpper(verdicts[i].VI) }

// WriteText writes the report for people: a plain sentence first, then per
// signature what Thông tư 15/2025/TT-BKHCN, Điều 6 wants shown at least.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s)\n", r.Document.Name, r.Verdict.loud(), r.Verdict)
	writeSentence(&b, "  ", r.Explain)
	for _, c := range r.Checks {
		if c.Status != OK {
			fmt.Fprintf(&b, "  %-4s %-5s %s\n", c.Status, c.ID, c.Message)
		}
	}
	for i := range r.Signatures {
		r.Signatures[i].writeText(&b)
	}
	if len(r.UnsignedFields) > 0 {
		fmt.Fprintf(&b, "  ô chữ ký để trống · unsigned fields: %s\n", strings.Join(r.UnsignedFields, ", "))
	}
	if r.Bundle != nil {
		fmt.Fprintf(&b, "  hồ sơ · bundle: %s, đơn vị · unit %s, trạng thái · status %s\n    mã băm gốc · root %s\n",
			r.Bundle.ID, r.Bundle.Unit, r.Bundle.Status, r.Bundle.Root)
	}
	if r.Proof != nil {
		fmt.Fprintf(&b, "  thuộc hồ sơ · inclusion: %s\n", r.Proof.Inclusion)
		for _, name := range r.Proof.Disclosed {
			fmt.Fprintf(&b, "    %s: %s\n", name, r.Proof.values[name])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Signature) writeText(b *strings.Builder) {
	fmt.Fprintf(b, "  %s [%s]: %s", s.ID, s.Format, s.Indication.loud())
	if s.SubIndication != "" {
		fmt.Fprintf(b, " (%s/%s)", s.Indication, s.SubIndication)
	}
	b.WriteString("\n")
	line := func(label, value string) {
		if value != "" {
			fmt.Fprintf(b, "    %s: %s\n", label, value)
		}
	}
	if who := s.Signer; who != nil {
		line("Chủ thể ký · signer", strings.Join(nonEmpty(who.CommonName, who.Title), ", "))
		line("Đơn vị quản lý chứng thư · organisation", who.Organization)
		line("Định danh · identifiers", strings.Join(who.Identifiers, ", "))
		line("Tổ chức cấp chứng thư · issuer", who.Issuer)
		line("Thời hạn chứng thư · validity", localTime(who.NotBefore)+" – "+localTime(who.NotAfter))
	}
	if s.ClaimedSigningTime != nil {
		line("Thời điểm ký (do người ký khai) · claimed signing time", localTime(*s.ClaimedSigningTime))
	}
	if len(s.Timestamps) > 0 && s.BestSignatureTime != nil {
		line("Thời điểm ký (có bằng chứng) · proven signing time", localTime(*s.BestSignatureTime))
	}
	for i := range s.Timestamps {
		t := &s.Timestamps[i]
		at := ""
		if t.Time != nil {
			at = localTime(*t.Time) + ", "
		}
		line("Dấu thời gian · time-stamp ("+t.Type+")", at+strings.Join(nonEmpty(t.Authority, t.Indication.loud()), ", "))
	}
	if m := s.Modifications; m != nil && m.Level != "NONE" {
		line("Thay đổi sau khi ký · changes after signing", m.Level+" (được phép · allowed: "+m.Allowed+")")
	}
	line("Tính toàn vẹn · integrity", s.integrity())
	for _, sentence := range s.Errors {
		writeSentence(b, "    ", sentence)
	}
	for _, sentence := range s.Warnings {
		writeSentence(b, "    ", sentence)
	}
	for _, c := range s.Checks {
		if c.Status != OK {
			fmt.Fprintf(b, "    %-4s %-5s %s\n", c.Status, c.ID, c.Message)
		}
	}
}

// integrity says whether format, digest and mathematics hold, whatever becomes of
// the certificate.
func (s *Signature) integrity() string {
	for _, c := range s.Checks {
		if c.Status == Fail && c.sub.failed() {
			return "không toàn vẹn · not intact"
		}
	}
	return "toàn vẹn · intact"
}

func nonEmpty(values ...string) []string {
	var out []string
	for _, v := range values {
		if v != "" {
			out = append(out, v)
		}
	}
	return out
}

func writeSentence(b *strings.Builder, indent string, s Sentence) {
	fmt.Fprintf(b, "%s%s\n%s%s\n", indent, s.VI, indent, s.EN)
}

// localTime shows a time as people in Việt Nam read it.
func localTime(t time.Time) string {
	return t.In(bundle.VietnamTime()).Format("02/01/2006 15:04:05 -07:00")
}
