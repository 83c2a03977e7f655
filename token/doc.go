// Package token talks to the program kytiem-token, which holds the library of a USB token
// or an HSM (PKCS #11): it lists certificates and has digests signed. A vendor's library
// can hang, crash, print to standard output, or ask for a C library; all that happens in a
// process that is started for one question and ends with it, never in ours.
//
// [Program] is our side, [Serve] the child's; between them go lines of JSON over its standard
// input and output ([Question], [Answer]). [URI] names a certificate and its key (RFC 7512).
// What can go wrong is a [Fault], with a sentence for the holder.
//
// The package knows nothing of Cryptoki, of documents or of trust.
package token
