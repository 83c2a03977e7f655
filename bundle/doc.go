// Package bundle is the domain of Ký Tiêm: units, vaccination results, the
// records they become when they are sealed, the Merkle tree over the records,
// the manifest that names its root, proofs about single records, and the states
// a bundle goes through.
//
// A bundle is what a commune or a vaccination facility attests: the results of
// one unit that are complete, whose persons were matched against the population
// database (or cleansed, or exempt), and that both the health sector and the
// police have confirmed (Công văn 9438/BYT-CNTT, Công văn 8938/BYT-DP). Sealing
// turns each [Result] into a [Record] with a random id and a salt of its own;
// the records' leaves, ordered by hash, form an RFC 6962 tree whose root stands
// in the [Manifest]. The manifest carries no personal data and is what gets
// signed; a [Proof] shows single fields of one record under that root.
//
// Everything that is hashed has exactly one form: JSON by RFC 8785. What parses
// here prints back to the same bytes, or it does not parse.
//
// The package does no input or output, holds no keys, judges no signatures and
// draws no pages.
package bundle
