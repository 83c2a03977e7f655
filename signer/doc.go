// Package signer makes signatures in two steps, with the key wherever it lives.
//
// [PrepareDocument] and [PrepareManifest] make a [Request], the data that leaves
// for the key's carrier, and a [Prepared], our half, which is kept and is good for
// one [Prepared.Complete]. Between the steps lie a second or an hour, a restart,
// another server: the seam is data, never a call that waits. The carrier receives
// the signed attributes themselves, not a bare digest, so that it can see what it
// signs.
//
// [KeyCarrier] is where a key lives; a PKCS#12 file is one ([OpenPKCS12]), and goes
// through the same two steps as a token on somebody's desk. What that makes has
// level B-B (EN 319 142-1, 6.3; EN 319 122-1, 6.3).
//
// [Extender] raises it to B-T, B-LT and B-LTA, and renews it, with tokens of a
// [Timestamper] and evidence of [certs.HTTP]. Each step is data in, data out: what
// was reached stays when the next one fails, and whoever keeps the outcome sees by
// [Extended.Base] whether it is still about what is there.
//
// The package does not decide who may sign what, gives no verdicts, and keeps
// nothing.
package signer
