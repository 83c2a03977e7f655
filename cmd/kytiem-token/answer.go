package main

import (
	"crypto/x509"
	"errors"
	"fmt"

	"kytiem/pkcs11"
	"kytiem/token"
)

// answer does what a question asks for. Everything is logged out and closed when it
// returns, so that the end is only told when it has come.
func answer(q token.Question, say func(token.Answer) error) (err error) {
	module, err := pkcs11.Open(q.Module)
	if err != nil {
		return asFault(err)
	}
	defer func() { err = errors.Join(err, asFault(module.Close())) }()
	tokens, err := module.Tokens()
	if err != nil {
		return asFault(err)
	}
	if q.Items == nil {
		return list(module, tokens, say)
	}
	return sign(module, tokens, q, say)
}

// list tells the certificates of every token. A token that cannot be read does not hide the
// others.
func list(module *pkcs11.Module, tokens []pkcs11.Token, say func(token.Answer) error) error {
	if len(tokens) == 0 {
		return token.ErrNoToken
	}
	var unread error
	told := false
	for _, t := range tokens {
		found, err := certificates(module, t)
		if err != nil {
			unread = errors.Join(unread, fmt.Errorf("token in slot %d: %w", t.Slot, asFault(err)))
			continue
		}
		for _, c := range found {
			if err := say(token.Answer{Certificate: &c}); err != nil {
				return err
			}
			told = true
		}
	}
	if told {
		return nil
	}
	return unread
}

func certificates(module *pkcs11.Module, t pkcs11.Token) (list []token.Certificate, err error) {
	session, err := module.Open(t.Slot)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, session.Close()) }()
	found, err := session.Certificates()
	for _, c := range found {
		list = append(list, token.Certificate{
			Slot: t.Slot, Token: t.Label, Manufacturer: t.Manufacturer, Model: t.Model, Serial: t.Serial, ID: c.ID, Label: c.Label, DER: c.DER,
			PINPad: t.PIN.Pad, PINLow: t.PIN.Low, PINFinalTry: t.PIN.FinalTry, PINLocked: t.PIN.Locked,
		})
	}
	return list, err
}

// holder is the token that holds the certificate: by what it says of itself, and by the
// certificate's bytes. Slots are numbered anew when tokens are plugged in again, so that their number
// only decides between tokens that say the same.
func holder(module *pkcs11.Module, tokens []pkcs11.Token, by *token.Certificate) (found pkcs11.Token, err error) {
	fitting := 0
	for _, t := range tokens {
		if t.Serial != by.Serial || t.Label != by.Token || t.Manufacturer != by.Manufacturer || t.Model != by.Model {
			continue
		}
		held, err := certificates(module, t)
		if err != nil {
			return found, err
		}
		for _, c := range held {
			if string(c.DER) != string(by.DER) || string(c.ID) != string(by.ID) {
				continue
			}
			if t.Slot == by.Slot {
				return t, nil
			}
			found, fitting = t, fitting+1
			break
		}
	}
	switch fitting {
	case 0:
		return found, token.ErrNoToken
	case 1:
		return found, nil
	}
	return found, token.ErrAmbiguous
}

// sign logs in on the one token that holds the certificate, and on no other.
func sign(module *pkcs11.Module, tokens []pkcs11.Token, q token.Question, say func(token.Answer) error) (err error) {
	certificate, err := x509.ParseCertificate(q.Certificate.DER)
	if err != nil {
		return fmt.Errorf("reading the certificate: %w", err)
	}
	on, err := holder(module, tokens, q.Certificate)
	if err != nil {
		return asFault(err)
	}
	session, err := module.Open(on.Slot)
	if err != nil {
		return asFault(err)
	}
	defer func() { err = errors.Join(err, asFault(session.Close())) }()
	attempt := pkcs11.Attempt{FinalTry: q.Login.FinalTry, Unattended: q.Login.Unattended}
	if q.Login.PIN != "" {
		attempt.PIN = &q.Login.PIN
	}
	if err := session.Login(attempt); err != nil {
		return afterLogin(session, err)
	}
	key, err := session.Key(q.Certificate.ID, certificate)
	if err != nil {
		return asFault(err)
	}
	for i, item := range q.Items {
		hash, pss := item.Scheme()
		signature, err := key.Sign(hash, item.Digest, pss)
		if err != nil {
			return fmt.Errorf("item %d: %w", i, asFault(err))
		}
		if err := say(token.Answer{Signature: signature}); err != nil {
			return err
		}
	}
	return nil
}

// afterLogin says what a wrong PIN has come to: the token is asked again, since "wrong" and
// "wrong, and one try is left" are not the same to its holder.
func afterLogin(session *pkcs11.Session, err error) error {
	if now, errNow := session.Token(); errNow == nil && errors.Is(err, pkcs11.PINIncorrect) {
		switch {
		case now.PIN.Locked:
			return fmt.Errorf("%w: %w", token.ErrPINLocked, err)
		case now.PIN.FinalTry:
			return fmt.Errorf("%w: %w", token.ErrPINIncorrectFinal, err)
		}
	}
	return asFault(err)
}

// faults are what the library and package pkcs11 say, in the words of package token.
var faults = []struct {
	err   error
	fault *token.Fault
}{
	{pkcs11.ErrNoModule, token.ErrNoModule}, {pkcs11.ErrNotModule, token.ErrModule},
	{pkcs11.ErrPINLocked, token.ErrPINLocked}, {pkcs11.PINLocked, token.ErrPINLocked},
	{pkcs11.ErrFinalTry, token.ErrPINFinalTry}, {pkcs11.ErrPINLow, token.ErrPINLow},
	{pkcs11.ErrPINLength, token.ErrPINLength}, {pkcs11.PINLenRange, token.ErrPINLength},
	{pkcs11.ErrNoPIN, token.ErrNoPIN}, {pkcs11.PINIncorrect, token.ErrPINIncorrect}, {pkcs11.PINExpired, token.ErrPINExpired},
	{pkcs11.ErrNoKey, token.ErrNoKey}, {pkcs11.ErrMechanism, token.ErrMechanism}, {pkcs11.ErrSignature, token.ErrSignature},
	{pkcs11.DeviceRemoved, token.ErrRemoved}, {pkcs11.TokenNotPresent, token.ErrRemoved}, {pkcs11.SessionHandleInvalid, token.ErrRemoved},
	{pkcs11.UserNotLoggedIn, token.ErrNotLoggedIn}, {pkcs11.FunctionCanceled, token.ErrCanceled},
}

func asFault(err error) error {
	var fault *token.Fault
	if err == nil || errors.As(err, &fault) {
		return err
	}
	for _, f := range faults {
		if errors.Is(err, f.err) {
			return fmt.Errorf("%w: %w", f.fault, err)
		}
	}
	return fmt.Errorf("%w: %w", token.ErrDevice, err)
}
