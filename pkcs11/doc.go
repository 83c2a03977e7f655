// Package pkcs11 calls a token's library through its C interface, Cryptoki (PKCS #11
// V2.40), without cgo: certificates are listed without a PIN, a PIN is tried once, and
// digests are signed by the key that belongs to a certificate. It knows the fifteen calls
// that signing needs and no other; nothing on a token is ever written.
//
// A vendor's library runs in this process, and may hang or crash it. So only the program
// kytiem-token, which exists for that, imports this package; package token is how
// everybody else talks to it.
//
// A [Module] and what comes of it are for one goroutine, locked to its thread: there are
// libraries that keep state by thread, and few were ever called by two.
package pkcs11
