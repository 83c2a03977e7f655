// Package paper draws the pages of Ký Tiêm: the bundle document, its annexes and
// the stamp of a visible signature, in the layout of Nghị định 30/2020/NĐ-CP,
// Phụ lục I, as one clean PDF revision in the shape of PDF/A-3b (ISO 19005-3).
// [Sheet] is the vocabulary in which other packages draw documents of their own.
//
// Pages are a function of what is given: the same records, manifest and document
// give the same bytes on every machine and every day, so that anybody can draw
// them again and compare. Text either goes onto the page and comes back out of it
// as it went in, or drawing fails and says where; nothing is cut off or replaced.
//
// gofpdf, which nothing outside this package knows, cuts the fonts. The pages
// themselves are written here and leave for the writer one by one: gofpdf holds a
// document in memory twice, stamps it PDF 1.3 and compresses with whatever zlib
// the Go release brings.
//
// The package signs nothing, checks no signature, reads no PDF and does no input
// or output of its own.
package paper
