package attest

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"

	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/dossier"
	"kytiem/store"
)

// maxCertificatesBytes bounds a certificate that is to be bound, with its issuers.
const maxCertificatesBytes = 64 << 10

// BindCertificate binds a signer's certificate (DER) to an account and its unit: by serial
// number, issuer and the identifiers in it (MST, MNS, CCCD), never by name. It has to lead
// to an anchor, by way of issuers that may follow it in der, be meant for signing, and
// carry the unit's identifier where the register knows one; where it knows none, an
// administrator binds. Binding again what is bound so changes nothing.
func (s *Service) BindCertificate(ctx context.Context, who Actor, account string, der []byte) (Certificate, error) {
	a, err := s.store.Glance().Account(ctx, account)
	if err := s.guard(ctx, who, BindCertificates, a.Unit, account, err); err != nil {
		return Certificate{}, err
	}
	if !a.DisabledAt.IsZero() || a.Unit == "" {
		return Certificate{}, fmt.Errorf("account %s: %w", account, ErrRole)
	}
	if len(der) > maxCertificatesBytes {
		return Certificate{}, fmt.Errorf("certificate of %d bytes: %w", len(der), bundle.ErrTooLarge)
	}
	certificates, err := x509.ParseCertificates(der)
	if err != nil || len(certificates) == 0 {
		return Certificate{}, fmt.Errorf("reading the certificate: %w", bundle.ErrMalformed)
	}
	fit, err := s.fit(ctx, signing(Actor{Role: Role(a.Role)}), certificates)
	if err != nil {
		return Certificate{}, err
	}
	identifier, err := s.identifier(ctx, a.Unit)
	switch {
	case err != nil:
		return Certificate{}, err
	case identifier == "" && ReachOf(who.Role, BindCertificates) != Everywhere:
		return Certificate{}, fmt.Errorf("unit %s without an identifier: %w", a.Unit, ErrUnbound)
	case identifier != "" && !certs.Carries(certificates[0], []string{identifier}):
		return Certificate{}, fmt.Errorf("certificate %s: %w", certs.Serial(certificates[0]), dossier.ErrWrongHolder)
	}
	return step(ctx, s, who, func(tx *store.Tx) (Certificate, error) {
		c, err := bind(ctx, tx, who, bindingOf(certificates[0], a.ID, a.Unit), fit.facts()...)
		if err == nil {
			err = fit.note(ctx, tx)
		}
		if err != nil {
			return Certificate{}, err
		}
		return tx.Certificate(ctx, c.ID)
	})
}

// bind writes a binding unless it is there already. facts are noted beside it.
func bind(ctx context.Context, tx *store.Tx, who Actor, c Certificate, facts ...audit.Fact) (Certificate, error) {
	before, err := tx.CertificateBySHA256(ctx, c.SHA256)
	if errors.Is(err, store.ErrNotFound) {
		if err = tx.BindCertificate(ctx, c); err == nil {
			c.BoundAt = tx.Now()
			facts = append([]audit.Fact{audit.ID("account", c.Account), audit.ID("certificate", c.SHA256.String())}, facts...)
			return c, tx.Audit("certificates.bind", who.Account, c.Unit, c.ID, facts...)
		}
		if errors.Is(err, store.ErrConflict) { // another server bound it just now
			before, err = tx.CertificateBySHA256(ctx, c.SHA256)
		}
	}
	if err == nil && (before.Account != c.Account || before.Unit != c.Unit) {
		err = fmt.Errorf("certificate %s: %w", c.Serial, ErrBoundElsewhere)
	}
	if err != nil {
		return Certificate{}, err
	}
	return before, nil
}

// bindingOf is the binding of a certificate to an account, which is not written yet.
func bindingOf(leaf *x509.Certificate, account, unit string) Certificate {
	c := Certificate{ID: bundle.NewID(), Account: account, Unit: unit, Serial: certs.Serial(leaf), Issuer: leaf.Issuer.String(),
		SHA256: sha256.Sum256(leaf.Raw), DER: leaf.Raw, Identifiers: []string{}, NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter}
	for _, id := range certs.Identifiers(leaf) {
		c.Identifiers = append(c.Identifiers, id.String())
	}
	return c
}

// stillBound asks within a transaction whether a certificate is bound, as it was before: the
// binding may have been ended since.
func stillBound(ctx context.Context, tx *store.Tx, sum store.Digest, account, unit string) error {
	c, err := tx.CertificateBySHA256(ctx, sum)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && (c.Account != account || c.Unit != unit):
		return fmt.Errorf("certificate %s: %w", sum, ErrUnbound)
	}
	return err
}

// bound asks whether a certificate is who's for unit. first says that nobody ever bound
// it and that it carries the unit's identifier: the step that uses it binds it. One whose
// binding was ended is bound again by hand only.
func (s *Service) bound(ctx context.Context, who Actor, leaf *x509.Certificate, unit, identifier string) (first bool, err error) {
	v, sum := s.store.Glance(), store.Digest(sha256.Sum256(leaf.Raw))
	c, err := v.CertificateBySHA256(ctx, sum)
	switch {
	case err == nil && (c.Account != who.Account || c.Unit != unit):
		return false, fmt.Errorf("certificate %s: %w", c.Serial, ErrBoundElsewhere)
	case err == nil || !errors.Is(err, store.ErrNotFound):
		return false, err
	case identifier == "" || !certs.Carries(leaf, []string{identifier}):
		return false, fmt.Errorf("certificate %s: %w", certs.Serial(leaf), ErrUnbound)
	}
	var before []Certificate // of this account
	for p := (store.Page{Limit: store.MaxPage}); ; {
		page, next, err := v.CertificatesOfUnit(ctx, unit, p)
		if err != nil {
			return false, err
		}
		for _, c := range page {
			if c.SHA256 == sum && !c.UnboundAt.IsZero() {
				return false, fmt.Errorf("certificate %s, whose binding was ended: %w", certs.Serial(leaf), ErrUnbound)
			}
			if c.Account == who.Account {
				before = append(before, c)
			}
		}
		if p.After = next; next == "" {
			break
		}
	}
	if !samePerson(before, leaf) {
		return false, fmt.Errorf("certificate %s: %w", certs.Serial(leaf), dossier.ErrWrongHolder)
	}
	return true, nil
}

// samePerson reports whether a certificate is of a person whom an account's earlier ones were
// of, by the number of an identity document. Where nobody has such a number, nothing is known
// against it. Somebody whose number has changed is bound by an administrator, once.
func samePerson(before []Certificate, leaf *x509.Certificate) bool {
	known := false
	for _, c := range before {
		for _, text := range c.Identifiers {
			id, ok := certs.ParseIdentifier(text)
			if !ok || !id.OfPerson() {
				continue
			}
			if certs.Carries(leaf, []string{text}) {
				return true
			}
			known = true
		}
	}
	return !known || !slices.ContainsFunc(certs.Identifiers(leaf), certs.Identifier.OfPerson)
}

// identifier is the MST or MNS by which the register knows a unit; empty where it knows
// none.
func (s *Service) identifier(ctx context.Context, unit string) (known string, err error) {
	units, err := s.store.Glance().UnitsOf(ctx, unit)
	for _, u := range units { // the latest that has one
		if u.Identifier != "" {
			known = u.Identifier
		}
	}
	return known, err
}

// fit asks whether certificates, leaf first, may sign at present: validity, usage,
// strength, a path to an anchor, revocation (Thông tư 15/2025/TT-BKHCN, Phụ lục II, 1.1-1.5).
// The path has to end in a trust domain that is accepted for the act.
// A status that cannot be learnt is a warning: it must not keep anybody from signing.
func (s *Service) fit(ctx context.Context, act Act, certificates []*x509.Certificate) (fitness, error) {
	now, leaf := s.now(), certificates[0]
	if err := certs.CheckValidity(leaf, now); err != nil {
		return fitness{}, err
	}
	for _, check := range [...]func(*x509.Certificate) error{certs.CheckUsage, certs.CheckStrength} {
		if err := check(leaf); err != nil {
			return fitness{}, err
		}
	}
	path, err := s.leading(ctx, act, certificates)
	if err != nil {
		return fitness{}, err
	}
	found := fitness{evidence: certs.Evidence{Path: path, Answers: certs.PathRevocation(ctx, s.source(), path, now)}}
	for _, answer := range found.evidence.Answers {
		err := answer.Check(now)
		switch {
		case errors.Is(err, certs.ErrStatusUnknown):
			found.warnings = []Warning{{Code: "certificate-status-unknown",
				VI: "Không hỏi được tình trạng thu hồi của chứng thư số; chữ ký vẫn được tạo, tình trạng sẽ được kiểm tra sau.",
				EN: "The revocation status of the certificate could not be asked; the signature is made all the same, the status is checked later."}}
		case err != nil: // which the register shows from now on
			return fitness{}, errors.Join(err, s.store.InTx(apart(ctx), func(tx *store.Tx) error { return found.note(ctx, tx) }))
		}
	}
	return found, nil
}

// fitness is what was found about a certificate that may sign.
type fitness struct {
	warnings []Warning
	evidence certs.Evidence
}

// facts are the warnings, for the chain: later it must show that the signer was told.
func (f fitness) facts() []audit.Fact {
	var facts []audit.Fact
	for _, w := range f.warnings { // of which there is one kind
		facts = append(facts, audit.ID("warning", w.Code))
	}
	return facts
}

// UnbindCertificate ends a binding.
func (s *Service) UnbindCertificate(ctx context.Context, who Actor, id, reason string) error {
	c, err := s.store.Glance().Certificate(ctx, id)
	if err := s.guard(ctx, who, BindCertificates, c.Unit, id, err); err != nil {
		return err
	}
	if err := reasoned(reason, ""); err != nil {
		return err
	}
	_, err = step(ctx, s, who, func(tx *store.Tx) (struct{}, error) {
		why, err := keepText(ctx, tx, "reason", reason)
		if err == nil {
			err = tx.UnbindCertificate(ctx, id)
		}
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.Audit("certificates.unbind", who.Account, c.Unit, id, audit.ID("account", c.Account), why)
	})
	return err
}

// Certificates lists the bindings of a unit's accounts, those that ended too.
func (s *Service) Certificates(ctx context.Context, who Actor, unit string, p Page) ([]Certificate, string, error) {
	if err := s.may(ctx, who, ReadCertificates, unit, unit); err != nil {
		return nil, "", err
	}
	return s.store.Glance().CertificatesOfUnit(ctx, unit, p)
}
