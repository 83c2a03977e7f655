package signer

import (
	"crypto/x509"
	"fmt"
	"slices"
	"sync"

	"kytiem/certs"
	"kytiem/pades"
	"kytiem/paper"
)

// Stamp draws what a signature under these options shows in one of the document's
// prepared fields: who signed, for which organisation, when, or the picture for it (Nghị
// định 30/2020/NĐ-CP, Phụ lục I, mục II.7; Thông tư 01/2019/TT-BNV for the lines). A field
// without a rectangle shows nothing.
func Stamp(document *pades.File, field string, o Options) (*pades.Appearance, error) {
	if len(o.Certificates) == 0 {
		return nil, ErrNoCertificate
	}
	fields, err := document.EmptyFields()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(fields, func(f pades.Field) bool { return f.Name == field })
	if i < 0 {
		return nil, fmt.Errorf("signature field %q: %w", field, pades.ErrField)
	}
	rect := fields[i].Rect
	if rect[2] <= rect[0] || rect[3] <= rect[1] {
		return nil, nil
	}
	subject := certs.Subject(o.Certificates[0])
	content, err := paper.Stamp(paper.StampOptions{
		SignedBy: subject.CommonName, Organisation: subject.Organization, At: o.Now, Picture: o.Picture,
		Seal: isOrganisation(o.Certificates[0]), Width: rect[2] - rect[0], Height: rect[3] - rect[1],
	})
	if err != nil {
		return nil, fmt.Errorf("drawing the stamp: %w", err)
	}
	base, err := stampResources(o.Picture)
	if err != nil {
		return nil, err
	}
	return base.WithContent(content), nil
}

// isOrganisation tells an organisation's certificate from a person's: only people
// have a number of an identity document.
func isOrganisation(cert *x509.Certificate) bool {
	return !slices.ContainsFunc(certs.Identifiers(cert), certs.Identifier.OfPerson)
}

// stampResources are a stamp's font and picture, out of the sheet that holds them.
func stampResources(picture *paper.Picture) (*pades.Appearance, error) {
	if picture == nil {
		return stampFonts()
	}
	sheet, err := paper.StampSheet(picture)
	if err != nil {
		return nil, err
	}
	return pades.ParseAppearance(sheet)
}

// stampFonts are the stamps' fonts alone, out of the sheet that is the same for every
// such stamp: read once per process.
var stampFonts = sync.OnceValues(func() (*pades.Appearance, error) {
	sheet, err := paper.StampSheet(nil)
	if err != nil {
		return nil, err
	}
	return pades.ParseAppearance(sheet)
})
