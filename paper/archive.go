package paper

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"time"
)

// Properties are what a file says about itself beside its pages.
type Properties struct {
	Title   string
	Created time.Time // of the document, never of the drawing: the bytes depend on it
	Files   []File    // embedded
	Footer  string    // a plain line at the foot of every page
	Mark    string    // payload of a QR code at the foot of every page
}

// File is a file that belongs to the document (ISO 19005-3, 6.8).
type File struct {
	Name         string // ASCII
	Description  string
	Relationship Relationship
	JSON         []byte
}

// Relationship is what an embedded file is to the pages (ISO 19005-3, annex E).
type Relationship string

// The relationships: data that the pages show, and what was added to it.
const (
	DataFile       Relationship = "Data"
	SupplementFile Relationship = "Supplement"
)

// producer names the program to who looks at the properties of a file. It has no
// version: the version of the layout stands in document.json.
const producer = "Ký Tiêm"

// archive writes the objects that make the file one of the shape of PDF/A-3b:
// metadata, output intent, associated files; and the information dictionary that
// must say the same. It returns the catalog's entries and the number of the
// information dictionary. Only a validator can say that a file conforms.
func (o *objects) archive(p Properties) (catalog string, info int) {
	metadata, profile, intent, info := o.reserve(), o.reserve(), o.reserve(), o.reserve()
	// Metadata stay readable to programs that know nothing of PDF.
	o.plain(metadata, "/Type/Metadata/Subtype/XML", xmp(p))
	o.stream(profile, "/N 3", sRGB())
	o.put(intent, fmt.Sprintf("<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)/Info(sRGB IEC61966-2.1)/DestOutputProfile %s>>", ref(profile)))
	when := pdfDate(p.Created)
	o.put(info, fmt.Sprintf("<</Title %s/Producer %s/CreationDate%s/ModDate%s>>", textString(p.Title), textString(producer), when, when))
	catalog = fmt.Sprintf("/Lang(vi-VN)/Metadata %s/OutputIntents[%s]/ViewerPreferences<</DisplayDocTitle true>>", ref(metadata), ref(intent))
	if len(p.Files) == 0 {
		return catalog, info
	}
	var associated, names strings.Builder
	// A name tree's keys stand in order (ISO 32000-1, 7.9.6).
	byName := func(a, b File) int { return strings.Compare(a.Name, b.Name) }
	for _, f := range slices.SortedFunc(slices.Values(p.Files), byName) {
		content, specification := o.reserve(), o.reserve()
		o.stream(content, fmt.Sprintf("/Type/EmbeddedFile/Subtype/application#2Fjson/Params<</Size %d/ModDate%s>>", len(f.JSON), when), f.JSON)
		o.put(specification, fmt.Sprintf("<</Type/Filespec/F(%s)/UF(%s)/Desc %s/AFRelationship/%s/EF<</F %s/UF %s>>>>",
			f.Name, f.Name, textString(f.Description), f.Relationship, ref(content), ref(content)))
		fmt.Fprintf(&associated, "%s ", ref(specification))
		fmt.Fprintf(&names, "(%s)%s ", f.Name, ref(specification))
	}
	return catalog + fmt.Sprintf("/AF[%s]/Names<</EmbeddedFiles<</Names[%s]>>>>", associated.String(), names.String()), info
}

// pdfDate is a date string of ISO 32000-1, 7.9.4, with its brackets.
func pdfDate(t time.Time) string {
	zone := t.Format("-07:00")
	return "(D:" + t.Format("20060102150405") + zone[:3] + "'" + zone[4:] + "')"
}

// xmp is the metadata packet (ISO 19005-3, 6.6.2), read-only and without padding:
// nobody may change it in place.
func xmp(p Properties) []byte {
	when := p.Created.Format("2006-01-02T15:04:05-07:00")
	return fmt.Appendf(nil, `<?xpacket begin="%s" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>vi-VN</rdf:li></rdf:Bag></dc:language>
<pdf:Producer>%s</pdf:Producer>
<pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
<xmp:CreateDate>%s</xmp:CreateDate><xmp:ModifyDate>%s</xmp:ModifyDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>`, "\uFEFF", html.EscapeString(p.Title), producer, when, when)
}
