// Package certs says who is trusted and whether a certificate still holds: anchors, certification paths at a time,
// fitness for signing documents, the Vietnamese subject profile, and revocation by OCSP and CRL.
//
// All of it is pure functions over certificates and bytes; only [LoadAnchors] reads files and only [HTTP] opens
// connections. The package does not read signatures or documents, holds no keys, and
// gives no verdict: its sentinels and statuses are what the verifier and the signer turn into one. What cannot be
// established is Unknown or an error, never good. Errors name certificates by serial number and never carry names.
package certs
