package verify

import "slices"

// Rule is one thing that an input is held against, under the id that reports and
// docs/conformance.md have for it.
type Rule struct {
	ID    string
	Holds string // what is so where it holds, as a report says it
	// Broken is how a check says that it is not so: Fail, or Warn where the verdict stays.
	Broken CheckStatus
}

// Rules is the catalogue of all rules, by id. A rule that stands here has a document in
// the tests that keeps it and one that breaks it, and no check has an id that does not
// stand here.
func Rules() []Rule { return slices.Clone(rules) }

// rules has P for how a file is read, B for what a signature in it covers, C for the CMS,
// M for what follows a signature, T for time-stamps, V for answers about revocation, X
// for certificates, D for bundle directories, E for proofs.
var rules = []Rule{
	{"R-P1", "the sections of the file lead from its end back to its beginning", Fail},
	{"R-P2", "every revision ends as its section says", Fail},
	{"R-P3", "objects stand where their section says", Fail},
	{"R-P4", "what follows the signature defines every object once", Fail},
	{"R-P5", "every byte that follows the signature belongs to something that is listed", Fail},
	{"R-P6", "no two readers see two documents", Fail},
	{"R-P7", "the trailers go on", Fail},
	{"R-P8", "the file says that it is a PDF", Fail},
	{"R-P9", "within the limits", Fail},

	{"R-B1", "the byte range is one gap in the file from its beginning", Fail},
	{"R-B2", "there are contents", Fail},
	{"R-B3", "the gap is the contents of this signature and nothing else", Fail},
	{"R-B4", "nothing lies behind the CMS in the contents", Warn},
	{"R-B5", "a whole revision is covered", Fail},
	{"R-B6", "the signature contains the ones before it", Fail},
	{"R-B7", "the file shows the signature as it was signed", Fail},
	{"R-B8", "the signature is still there, under a name of its own", Fail},
	{"R-B9", "what the byte range covers is what was signed", Fail},
	{"R-B10", "a kind of signature that is judged here", Fail},

	{"R-C1", "CMS encoded as it should be", Fail},
	{"R-C2", "one signer", Fail},
	{"R-C3", "the content is of its type and in its place", Fail},
	{"R-C4", "signed attributes complete, each once, and over the content", Fail},
	{"R-C5", "the content is nobody's signed attributes", Fail},
	{"R-C6", "every place that names an algorithm names the same", Fail},
	{"R-C7", "the signature verifies", Fail},
	{"R-C8", "the certificate is the one that the signature names", Fail},
	{"R-C9", "nothing that only came along was trusted", Fail},
	{"R-C10", "no digest that is broken", Fail},
	{"R-C11", "the claimed signing time is possible", Fail},

	{"R-M1", "what follows the signature is known and allowed", Fail},
	{"R-M2", "what was written again is allowed wherever the document uses it", Fail},
	{"R-M3", "no stream of the document was replaced", Fail},
	{"R-M4", "fields show what they say", Fail},
	{"R-M5", "the signer's permissions were kept", Fail},
	{"R-M6", "locked fields are as they were", Fail},
	{"R-M7", "at most one certification, before all signatures", Fail},
	{"R-M8", "nothing was laid over a certified page", Fail},
	{"R-M9", "nothing new lies over what the pages show", Warn},
	{"R-M10", "what follows the signature could be read", Fail},
	{"R-M11", "nothing was laid down in what was signed to be switched to", Warn},

	{"R-T1", "the time-stamp holds", Fail},
	{"R-T2", "the time-stamp is over what it should be", Fail},
	{"R-T3", "the time-stamps follow one another in time", Fail},
	{"R-T4", "every time-stamp is one of its own", Warn},

	{"R-V1", "the OCSP response can be read and grants an answer", Warn},
	{"R-V2", "it is about this certificate, by issuer's name, issuer's key and serial number", Warn},
	{"R-V3", "its issuer signed it, or somebody whom the issuer certified for that", Warn},
	{"R-V4", "the answer is of a time that counts", Warn},
	{"R-V5", "the responder knows the certificate", Warn},
	{"R-V6", "no extension contradicts the answer", Warn},
	{"R-V7", "the answer still counts certificates that have expired", Warn},
	{"R-V8", "the CRL can be read, and its issuer may sign it and did", Warn},
	{"R-V9", "the CRL is complete", Warn},
	{"R-V10", "the CRL is about certificates like this one", Warn},
	{"R-V11", "every extension and entry of the CRL is understood", Warn},

	{"R-X1", "path to a trust anchor", Fail},
	{"R-X2", "every certificate of the path within its validity", Fail},
	{"R-X3", "certificate meant for this use", Fail},
	{"R-X4", "keys and algorithms strong enough", Fail},
	{"R-X5", "no certificate of the path is revoked", Fail},
	{"R-X6", "the certificate carries the identifier of the unit", Fail},
	{"R-X7", "the evidence is from when its makers were believed", Fail},
	{"R-X8", "the security store can be read", Warn},

	{"R-D1", "manifest.json canonical", Fail},
	{"R-D2", "the files of a bundle are there, and no others", Fail},
	{"R-D3", "the records hash to the root, counts agree", Fail},
	{"R-D4", "document.json canonical", Fail},
	{"R-D5", "bundle.pdf is what the records draw", Fail},
	{"R-D6", "the annexes are what the records draw", Fail},
	{"R-D7", "what lies beside the document is what it names", Fail},
	{"R-D8", "signatures written as our signer writes them", Fail},
	{"R-D9", "document and data signed under one certificate", Fail},
	{"R-E1", "the record stands under the root in the manifest", Fail},
}

// held notes that rules were applied of which nothing was said: they hold.
func (c *checks) held(ids ...string) {
	for _, id := range ids {
		if !c.speak(id) {
			c.ok(id, holds(id))
		}
	}
}

// speak reports whether something was said of a rule.
func (c *checks) speak(id string) bool {
	for i := range *c { // by index: they are long, and gone through for every rule
		if (*c)[i].ID == id {
			return true
		}
	}
	return false
}

func holds(id string) string {
	i := 0
	for rules[i].ID != id {
		i++
	}
	return rules[i].Holds
}

// held is the same for rules on the input as a whole, which may have been found broken
// while one of its signatures was judged.
func (r *Report) held(ids ...string) {
	for _, id := range ids {
		in := func(s Signature) bool { return (*checks)(&s.Checks).speak(id) }
		if !slices.ContainsFunc(r.Signatures, in) {
			(*checks)(&r.Checks).held(id)
		}
	}
}
