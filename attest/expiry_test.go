package attest_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/certs/devca"
	"kytiem/sample"
	"kytiem/store"
)

// bindAs has the administrator bind a key to an account of the commune.
func (d *desk) bindAs(t testing.TB, role attest.Role, key devca.Issued) attest.Certificate {
	t.Helper()
	der := append(bytes.Clone(key.Certificate.Raw), key.Chain[0].Raw...)
	c, err := d.BindCertificate(t.Context(), d.who[attest.Admin], d.who[role].Account, der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lasting certifies a head until so many days from now.
func (d *desk) lasting(t testing.TB, days int) devca.Issued {
	t.Helper()
	unit, _ := sample.Unit(commune)
	issued, err := d.ca.Issue(devca.Profile{Kind: devca.Person, CommonName: "Trần Văn Mẫu", Identifiers: []string{unit.Identifier, "CCCD:075070000001"},
		NotAfter: d.clock.Now().Add(time.Duration(days)*24*time.Hour + time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// standing reads how a binding stands.
func (d *desk) standing(t testing.TB, id string) attest.CertificateStanding {
	t.Helper()
	c, err := d.store.Glance().Certificate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return d.Standing(c)
}

// TestStanding: what the register says of a certificate over its life.
func TestStanding(t *testing.T) {
	d := newDesk(t, nil)
	c := d.bindAs(t, attest.Head, d.lasting(t, 90))
	expect := func(what string, want attest.CertificateStanding) {
		t.Helper()
		if got := d.standing(t, c.ID); got != want {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	expect("bound", attest.CertificateStanding{Status: attest.CertificateActive, Days: 90})
	for _, day := range []struct{ pass, days, warning int }{{30, 60, 0}, {1, 59, 60}, {29, 30, 60}, {1, 29, 30}, {22, 7, 30}, {1, 6, 7}, {6, 0, 7}} {
		d.clock.Pass(time.Duration(day.pass) * 24 * time.Hour)
		expect("later", attest.CertificateStanding{Status: attest.CertificateActive, Days: day.days, Warning: day.warning})
	}
	d.clock.Pass(24 * time.Hour)
	expect("after its time", attest.CertificateStanding{Status: attest.CertificateExpired})
	if err := d.UnbindCertificate(t.Context(), d.who[attest.Admin], c.ID, "hết hạn"); err != nil {
		t.Fatal(err)
	}
	expect("its binding ended", attest.CertificateStanding{Status: attest.CertificateUnbound})
	d.tx(t, func(tx *store.Tx) error {
		return tx.BindCertificate(t.Context(), store.Certificate{ID: "F", Account: d.who[attest.Head].Account, Unit: commune, Serial: "01", Issuer: "CN=x",
			SHA256: store.Digest{1}, DER: []byte{0}, NotBefore: d.clock.Now().Add(time.Hour), NotAfter: d.clock.Now().Add(25 * time.Hour)})
	})
	if got, want := d.standing(t, "F"), (attest.CertificateStanding{Status: attest.CertificateNotYetValid, Days: 1}); got != want {
		t.Errorf("from tomorrow: got %+v, want %+v", got, want)
	}
}

// TestWatchCertificates: the daily job asks about every certificate in force, by the
// authorities that came with it, and warns once for each term, without naming anybody.
func TestWatchCertificates(t *testing.T) {
	var log bytes.Buffer
	d := newDesk(t, func(o *attest.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	one, two := d.lasting(t, 100), d.lasting(t, 61)
	first, second := d.bindAs(t, attest.Head, one), d.bindAs(t, attest.Head, two)
	lines := func(text string) int { return strings.Count(log.String(), text) }
	watch := func() {
		t.Helper()
		if err := d.WatchCertificates(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for range 80 { // the job misses no day, and more often does no harm
		d.clock.Pass(24 * time.Hour)
		watch()
		watch()
	}
	if got := lines(`msg="certificate expires" binding=` + second.ID); got != 3 {
		t.Errorf("warned %d times of what expired, want 3", got)
	}
	if got := lines(`msg="certificate expires" binding=` + first.ID); got != 2 {
		t.Errorf("warned %d times of what expires in 20 days, want 2", got)
	}
	if got := d.standing(t, first.ID); got.Status != attest.CertificateActive || got.Warning != 30 {
		t.Errorf("it is %+v, want active with the warning of 30 days", got)
	}
	if err := d.ca.Revoke(one.Certificate.SerialNumber, d.clock.Now(), 1); err != nil {
		t.Fatal(err)
	}
	d.clock.Pass(24 * time.Hour)
	watch()
	if got := d.standing(t, first.ID); got.Status != attest.CertificateRevoked {
		t.Errorf("it is %+v, want revoked", got)
	}
	if lines("Mẫu") != 0 || lines("075070000001") != 0 || lines(`msg="certificate out of force"`) != 1 {
		t.Errorf("the log names somebody, or not what was revoked:\n%s", log.String())
	}
	checkEverything(t, d)
}

// TestWatchUnanswered: where nobody answers the status is unknown, and a job that was cut
// off says nothing of what it did not ask.
func TestWatchUnanswered(t *testing.T) {
	d := newDesk(t, nil)
	c := d.bindAs(t, attest.Head, d.key)
	cut, stop := context.WithCancel(t.Context())
	stop()
	d.clock.Pass(24 * time.Hour)
	if err := d.WatchCertificates(cut); err == nil {
		t.Error("got no error from a job that was cut off")
	}
	if got := d.standing(t, c.ID).Status; got != attest.CertificateActive {
		t.Errorf("it is %s after a job that was cut off, want active", got)
	}
	d.Service = attest.New(attest.Options{Store: d.store, Anchors: d.anchors(), Revocation: certs.Offline{}})
	if err := d.WatchCertificates(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.standing(t, c.ID).Status; got != attest.CertificateUnknown {
		t.Errorf("it is %s where nobody answers, want unknown", got)
	}
}

// TestRevokedAtUse: a certificate that is found to be revoked when it is to sign shows so in
// the register.
func TestRevokedAtUse(t *testing.T) {
	d := newDesk(t, nil)
	b := d.sealed(t, 1)
	c := d.bindAs(t, attest.Head, d.key)
	if err := d.ca.Revoke(d.key.Certificate.SerialNumber, d.clock.Now(), 1); err != nil {
		t.Fatal(err)
	}
	d.clock.Pass(2 * time.Hour) // no answer is kept so long
	_, err := d.Prepare(t.Context(), d.who[attest.Head], attest.SigningOrder{Bundles: []string{b.ID}, Certificates: chainOf(d.key)})
	if !errors.Is(err, certs.ErrRevoked) {
		t.Errorf("preparing: %v, want ErrRevoked", err)
	}
	if got := d.standing(t, c.ID).Status; got != attest.CertificateRevoked {
		t.Errorf("it is %s, want revoked", got)
	}
}

// TestMissingCertificates: which units have nobody who could sign, and who may know.
func TestMissingCertificates(t *testing.T) {
	d := newDesk(t, nil)
	missing := func(who attest.Actor, below string) ([]string, error) {
		units, _, err := d.MissingCertificates(t.Context(), who, below, attest.Page{})
		var codes []string
		for _, u := range units {
			codes = append(codes, u.Code)
		}
		return codes, err
	}
	admin, monitor := d.who[attest.Admin], d.who[attest.Monitor]
	expect := func(who attest.Actor, below string, want ...string) {
		t.Helper()
		if got, err := missing(who, below); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s below %q: got %v, %v, want %v", who.Role, below, got, err, want)
		}
	}
	expect(admin, "", commune, other)
	d.bindAs(t, attest.Clerk, d.seals(t)) // which is not the head's
	expect(monitor, "", commune)
	b := d.sealed(t, 1)
	d.prepare(t, d.key, b.ID) // its first use
	expect(admin, "", other)
	expect(monitor, commune)
	d.clock.Pass(2 * 365 * 24 * time.Hour)
	expect(admin, commune, commune)
	if _, err := missing(monitor, other); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("monitor of another unit: %v, want ErrNotFound", err)
	}
	for _, role := range attest.Roles() {
		if role == attest.Admin || role == attest.Monitor {
			continue
		}
		if _, err := missing(d.who[role], ""); !errors.Is(err, attest.ErrForbidden) {
			t.Errorf("%s: %v, want ErrForbidden", role, err)
		}
	}
	var none bundle.Unit
	if units, next, err := d.MissingCertificates(t.Context(), admin, "00000", attest.Page{Limit: 1}); err != nil || next != "" || slices.Contains(units, none) {
		t.Errorf("below no unit: %v, %q, %v, want none", units, next, err)
	}
}
