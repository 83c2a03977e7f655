// Package pades is the format of signed PDF documents: how a signature
// lies in a file, byte by byte. It holds no keys, trusts nobody and does no
// I/O: it takes bytes and returns values, and leaves the question whose
// signature it is, and whether he may sign, to others.
//
// # The file
//
// A PDF is a sequence of revisions (ISO 32000-1, 7.5.6). Each ends in a
// cross-reference section, the words startxref and the section's offset, and
// %%EOF; each later one names the one before it by /Prev. Nothing earlier is
// ever rewritten, so the first n bytes of a file are the document as it stood
// when revision n ended.
//
// [Open] reads that chain from its end and repairs nothing: what a lenient
// reader would guess is a [FormatError] here, because a guess is what an
// attacker builds on. Every value keeps its byte span. [File.Object] answers as
// a reader of one given revision would see it.
//
// # The signature
//
// A signature field's value is a dictionary with two entries that matter
// (ISO 32000-1, 12.8.1): /ByteRange names the bytes that are signed, which is
// everything of the revision but one hole, and /Contents fills that hole with
// a CMS structure in hexadecimal. [File.Signatures] lists those of every
// revision; [File.Coverage], [File.Consistent], [Nested] and [File.Accounting]
// say whether what they claim to cover is what a reader of the file sees, and
// [File.Differences] what became of the document after them: each revision's changes,
// with the level that is known to be harmless of each.
//
// # Signing
//
// Signing is two steps, between which seconds or an hour may pass. [Prepare]
// draws up the revision to append, with the hole left open, and the digest
// of its signed bytes. [Update.Embed] puts the CMS into the hole, and refuses
// if the document is another than the one that was prepared. Only the appended
// bytes are kept between the steps.
//
// # Afterwards
//
// A signature is raised by what is added to it: [AddUnsigned] and
// [File.ReplaceContents] put a time-stamp into a CMS while nothing follows it,
// [AppendDSS] and [AddEvidence] add certificates and revocation data,
// [PrepareTimeStamp] and [PrepareArchive] draw up a time-stamp over all of that,
// in the same two steps as a signature.
//
// # Profile
//
// What is written is PAdES baseline (ETSI EN 319 142-1, 6.3): sub-filter
// ETSI.CAdES.detached, /M as the claimed time, no certification (DocMDP), no
// /Cert. Files encrypted by the standard security handler are read, with the
// empty password or one given to [File.Unlock], and never signed.
package pades
