package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	throwaway "kytiem/certs/devca"
)

// authority is the throwaway authority of one script.
//
//	ca start                      serves, writes trust/root.pem and trust/tsa/root.pem, sets $TSA
//	ca stop                       is not to be reached any more
//	ca issue NAME [ATTRIBUTE…]    NAME.p12, NAME.pass, NAME.pem; see [authority.profile]
//	ca revoke NAME REASON         by number (RFC 5280, 5.3.1); 6 suspends
//	ca break PATH STATUS          answers with that HTTP status; 0 mends it
//	ca root FILE                  its root; in DER for FILE.crt, as everywhere here
//	ca stranger FILE              the root of an authority that issued nothing here
type authority struct {
	*throwaway.CA
	ctx    context.Context
	stop   context.CancelFunc
	issued map[string]throwaway.Issued
}

func ca(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: ca start|stop|issue|revoke|break|root|stranger …")
	}
	a := ts.Value("ca").(*authority)
	switch {
	case args[0] == "start" && len(args) == 1:
		a.start(ts)
	case args[0] == "stop" && len(args) == 1:
		a.stop()
	case args[0] == "issue" && len(args) >= 2:
		a.issue(ts, args[1], args[2:])
	case args[0] == "revoke" && len(args) == 3:
		reason, err := strconv.Atoi(args[2])
		ts.Check(err)
		ts.Check(a.Revoke(a.issued[args[1]].Certificate.SerialNumber, time.Now().Add(-time.Minute), reason))
	case args[0] == "break" && len(args) == 3:
		status, err := strconv.Atoi(args[2])
		ts.Check(err)
		a.Break(args[1], throwaway.Fault{Status: status})
	case args[0] == "root" && len(args) == 2:
		writeCertificate(ts, args[1], a.Root().Certificate)
	case args[0] == "stranger" && len(args) == 2:
		root, err := stranger()
		ts.Check(err)
		writeCertificate(ts, args[1], root)
	default:
		ts.Fatalf("ca %s: what is meant?", strings.Join(args, " "))
	}
}

func (a *authority) start(ts *testscript.TestScript) {
	var err error
	a.CA, err = throwaway.New(throwaway.Options{})
	ts.Check(err)
	ctx, stop := context.WithCancel(a.ctx)
	a.stop, a.issued = stop, map[string]throwaway.Issued{}
	url, err := a.Serve(ctx, "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv("TSA", url+"/tsa")
	writeCertificate(ts, "trust/root.pem", a.Root().Certificate)
	writeCertificate(ts, "trust/tsa/root.pem", a.TSARoot().Certificate)
}

func writeCertificate(ts *testscript.TestScript, name string, certificate *x509.Certificate) {
	path := ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	content := certificate.Raw
	if filepath.Ext(name) != ".crt" {
		content = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content})
	}
	ts.Check(os.WriteFile(path, content, 0o600))
}

func (a *authority) issue(ts *testscript.TestScript, name string, attributes []string) {
	issued, err := a.Issue(a.profile(ts, attributes))
	ts.Check(err)
	a.issued[name] = issued
	password := "mật khẩu của " + name
	packed, err := issued.PKCS12(password)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(name+".p12"), packed, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(name+".pass"), []byte(password+"\n"), 0o600))
	writeCertificate(ts, name+".pem", issued.Certificate)
}

// profile is a chair of the unit in testdata/unit, as far as attributes do not say
// otherwise: cn=, org=, title=, ids= (with + between them), key=, from= and until=
// (hours from now), usage=none, eku=server.
func (a *authority) profile(ts *testscript.TestScript, attributes []string) throwaway.Profile {
	p := throwaway.Profile{
		Kind: throwaway.Person, CommonName: "Trần Văn Mẫu", Title: "Chủ tịch", Organization: "Ủy ban nhân dân xã Phú Hòa",
		Identifiers: []string{"MST:0000075502", "CCCD:075070000001"}, Province: "Đồng Nai", Key: "p256",
	}
	hours := func(text string) time.Time {
		d, err := time.ParseDuration(text)
		ts.Check(err)
		return time.Now().Add(d)
	}
	for _, attribute := range attributes {
		key, value, _ := strings.Cut(attribute, "=")
		switch key {
		case "kind":
			p.Kind, p.CommonName, p.Title = value, p.Organization, ""
		case "cn":
			p.CommonName = value
		case "org":
			p.Organization = value
		case "title":
			p.Title = value
		case "ids":
			p.Identifiers = strings.Split(value, "+")
		case "key":
			p.Key = value
		case "from":
			p.NotBefore = hours(value)
		case "until":
			p.NotAfter = hours(value)
		case "usage":
			p.Alter = func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }
		case "eku":
			p.Alter = func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }
		default:
			ts.Fatalf("attribute %s", attribute)
		}
	}
	return p
}

// stranger is the root of an authority that issued nothing here. Every throwaway
// authority of one process has the same keys.
func stranger() (*x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Another Root CA (not for real use)"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	return throwaway.Authority{Certificate: template, Key: key}.Issue(template, key.Public())
}
