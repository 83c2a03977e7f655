package attest

import (
	"context"

	"kytiem/audit"
	"kytiem/store"
)

// trusting reads the anchors in force. Where what was said of one cannot be read, that is a
// fault, and those of the directory remain.
func (c *checkup) trusting(ctx context.Context, v *store.View) (err error) {
	c.trust = fingerprint(nil).String()
	if c.anchors, err = c.s.trusting(ctx, v); err != nil {
		c.anchors = c.s.o.Anchors
	}
	return c.amiss(err, "anchors-changed", "")
}

// regardAnchor holds a change of anchors against the one before it: each names all that was
// said before it and after it.
func (c *checkup) regardAnchor(e *audit.Entry) {
	facts := factsOf(e)
	if facts["before"] != c.trust {
		c.fault("anchors-changed", e.Subject, "")
	}
	c.trust = facts["after"]
}

// trusted holds the last change against what the table says: whoever wrote an anchor past
// the service is found.
func (c *checkup) trusted(ctx context.Context, v *store.View) error {
	said, err := v.Anchors(ctx)
	if err == nil && fingerprint(said).String() != c.trust {
		c.fault("anchors-changed", "", "")
	}
	return c.amiss(err, "anchors-changed", "")
}
