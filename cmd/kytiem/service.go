package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"kytiem/attest"
	"kytiem/certs"
	"kytiem/cmd/terminal"
	"kytiem/signer"
	"kytiem/store"
	"kytiem/token"
	"kytiem/web"
)

// service is the steps on an open database, as settings describe them.
type service struct {
	*attest.Service
	store    *store.Store
	settings settings
	log      *slog.Logger
	tsas     []*signer.TSA // in the order in which they are asked
	sample   *web.Sample   // what it holds for a try, see run.go
}

// withService runs do on the database of the environment's settings, for a command that
// the operator gives at the machine itself.
func withService(ctx context.Context, stderr io.Writer, do func(*service) error) error {
	s, err := readSettings(os.Environ())
	if err != nil {
		return err
	}
	return s.with(ctx, stderr, visiting, do)
}

// purpose is what the database is opened for: to serve, or for one command beside it.
type purpose bool

const (
	visiting purpose = false
	serving  purpose = true
)

// errNoDatabase is a command on a database that is not there.
var errNoDatabase = errors.New("no database there")

// with opens what the settings name, runs do, and closes it. The service's own key is
// opened to serve only: an operator must get at the database when it has expired, too.
func (s *settings) with(ctx context.Context, stderr io.Writer, to purpose, do func(*service) error) (err error) {
	one := &service{settings: *s, log: s.logger(stderr)}
	o := attest.Options{Domains: s.domains(), Lifetime: s.RequestLifetime, Temp: s.Temp, Algorithms: s.Algorithms, Log: one.log}
	if s.Trust != "" {
		if o.Anchors, err = certs.LoadAnchors(s.Trust); err != nil {
			return fmt.Errorf("KYTIEM_TRUST: %w", err)
		}
		if len(o.Anchors.CA) == 0 {
			return fmt.Errorf("KYTIEM_TRUST %s không có chứng thư gốc nào · holds no anchor: %w", s.Trust, errSettings)
		}
	}
	if s.Revocation != "offline" {
		o.Revocation = &certs.HTTP{AllowPrivate: s.Revocation == "private"}
	}
	var key holder
	if to == serving && s.Key != "" { // before the database: a wrong PIN leaves nothing behind
		if key, err = s.openKey(ctx); err != nil {
			return fmt.Errorf("KYTIEM_KEY %s: %w", s.Key, err)
		}
	}
	if one.store, err = s.open(ctx, to); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, one.store.Close()) }()
	o.Store = one.store
	anchors, err := attest.New(o).Trust(ctx) // with those that were added while it ran
	if err != nil {
		return err
	}
	if key != nil {
		if o.Statements, err = s.statements(ctx, key, anchors); err != nil {
			return err
		}
	}
	if len(s.TSA) > 0 {
		if len(anchors.TSA) == 0 {
			return fmt.Errorf("KYTIEM_TRUST %s không có chứng thư gốc của TSA · holds no anchor of the TSA: %w", s.Trust, errSettings)
		}
		authorities := &signer.Authorities{}
		for _, address := range s.TSA {
			tsa := &signer.TSA{URL: address, User: s.TSAUser, Password: s.TSAPassword, Timeout: s.TSATimeout, Revocation: o.Revocation,
				Trust: func(ctx context.Context) (certs.Anchors, error) { return one.Trust(ctx) }}
			one.tsas, authorities.TSAs = append(one.tsas, tsa), append(authorities.TSAs, tsa)
		}
		o.Timestamper = authorities
	}
	one.Service = attest.New(o)
	return do(one)
}

// open opens the database. A SQLite file that is not there is made by the service only:
// whoever asks a database under the wrong name should hear that, not see an empty one.
func (s *settings) open(ctx context.Context, to purpose) (*store.Store, error) {
	if !s.postgres() {
		if _, err := os.Stat(s.Database); err != nil && to == visiting {
			return nil, fmt.Errorf("%w: %w", errNoDatabase, err)
		}
		if err := os.MkdirAll(filepath.Dir(s.Database), 0o700); err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, store.Options{Database: s.Database, Connections: s.Held})
}

// statements asks of the service's own key that verifiers accept it: a service that starts
// with another would sign its statements in vain.
func (s *settings) statements(ctx context.Context, carrier holder, anchors certs.Anchors) (*attest.Statements, error) {
	chain := carrier.Certificates()
	now := time.Now()
	err := errors.Join(certs.CheckValidity(chain[0], now), certs.CheckUsage(chain[0]), certs.CheckStrength(chain[0]))
	if err == nil {
		_, err = anchors.Paths(ctx, nil, certs.Signing, chain[0], chain[1:], now)
	}
	if err != nil {
		return nil, fmt.Errorf("KYTIEM_KEY %s, chứng thư không dùng được với KYTIEM_TRUST · its certificate does not serve under KYTIEM_TRUST: %w", s.Key, err)
	}
	return &attest.Statements{Carrier: carrier, Chain: raw(chain)}, nil
}

// openKey opens the service's own key. One in an HSM is tried once, with a signature that is none:
// a wrong PIN has to end the start, and must not be tried again at the next one.
func (s *settings) openKey(ctx context.Context) (holder, error) {
	if s.keyInHSM() {
		carrier, err := openPKCS11(ctx, s.Key, s.KeyIssuers, signer.PKCS11Options{
			Program: token.Program{Module: s.Module}, Login: token.Login{PIN: s.KeyPassword, Unattended: true},
		})
		if err != nil {
			return nil, err
		}
		return carrier, carrier.Try(ctx)
	}
	packed, err := terminal.ReadFile(s.Key, signer.MaxPKCS12Bytes)
	if err != nil {
		return nil, err
	}
	return signer.OpenPKCS12(packed, s.KeyPassword)
}

func raw(chain []*x509.Certificate) [][]byte {
	ders := make([][]byte, len(chain))
	for i, c := range chain {
		ders[i] = bytes.Clone(c.Raw)
	}
	return ders
}

// logger writes the service's log, for operators.
func (s *settings) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if s.Log == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
