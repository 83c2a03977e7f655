package store

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"kytiem/bundle"
)

func testUnits(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	day := func(y, m, d int) bundle.Date { return bundle.Date{Year: y, Month: m, Day: d} }
	old := bundle.Unit{Level: bundle.Commune, Code: "26221", Parent: "750", Kind: "xa", Name: "Phú Hòa", FullName: "Xã Phú Hòa", ValidTo: day(2025, 6, 30)}
	now := bundle.Unit{Level: bundle.Commune, Code: "26221", Parent: "75", Kind: "phuong", Name: "Phú Hòa", FullName: "Phường Phú Hòa", ValidFrom: day(2025, 7, 1), Identifier: "MST:0319303270"}
	must(t, s, func(tx *Tx) error { return errors.Join(tx.PutUnit(ctx, old), tx.PutUnit(ctx, now)) })
	now.Name, now.FullName = "Phú Hoà", "Phường Phú Hoà"
	must(t, s, func(tx *Tx) error { return errors.Join(tx.PutUnit(ctx, now), tx.PutUnit(ctx, now)) })

	got, err := s.Glance().UnitsOf(ctx, "26221")
	if want := []bundle.Unit{old, now}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	register, err := s.Glance().Units(ctx)
	if err != nil || register.Len() != 2 {
		t.Fatalf("got %v, %v", register, err)
	}
	if u, err := register.At("26221", day(2025, 7, 1)); err != nil || u != now {
		t.Errorf("got %+v, %v, want %+v", u, err, now)
	}

	overlapping := now
	overlapping.ValidFrom = day(2025, 6, 30)
	refuse(t, s, bundle.ErrUnitOverlap, func(tx *Tx) error { return tx.PutUnit(ctx, overlapping) })
	refuse(t, s, ErrText, func(tx *Tx) error { return tx.PutUnit(ctx, bundle.Unit{Code: "Phú Hòa"}) })
	refuse(t, s, ErrText, func(tx *Tx) error { return tx.PutUnit(ctx, bundle.Unit{}) })

	must(t, s, func(tx *Tx) error {
		for i := range 7 {
			if err := tx.PutUnit(ctx, bundle.Unit{Code: fmt.Sprintf("3%04d", i), Parent: "75", Name: "X"}); err != nil {
				return err
			}
		}
		return nil
	})
	codes := pages(t, 3, func(p Page) ([]bundle.Unit, string, error) { return s.Glance().UnitsBelow(ctx, "75", p) })
	if len(codes) != 8 || codes[0] != now || codes[7].Code != "30006" {
		t.Errorf("got %+v", codes)
	}
}

// pages walks a list page by page.
func pages[T any](t *testing.T, limit int, read func(Page) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for after := ""; ; {
		page, next, err := read(Page{After: after, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > limit || next != "" && len(page) != limit {
			t.Fatalf("got a page of %d, want %d", len(page), limit)
		}
		all = append(all, page...)
		if after = next; after == "" {
			return all
		}
	}
}

func testAccounts(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	for i := range 5 {
		addAccount(t, s, fmt.Sprintf("A%d", i))
	}
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.AddAccount(ctx, Account{ID: "A1"}) })
	must(t, s, func(tx *Tx) error { return tx.DisableAccount(ctx, "A1") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DisableAccount(ctx, "A1") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.DisableAccount(ctx, "nobody") })

	got, err := s.Glance().Account(ctx, "A1")
	if err != nil || got.Name != "Nguyễn Văn Bình" || got.CreatedAt.IsZero() || !got.DisabledAt.After(got.CreatedAt) || got.DisabledAt.Location() != time.UTC {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.Glance().Account(ctx, "nobody"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	all := pages(t, 2, func(p Page) ([]Account, string, error) { return s.Glance().Accounts(ctx, "07507", p) })
	if len(all) != 5 || all[1] != got {
		t.Errorf("got %+v", all)
	}
	if others, _, err := s.Glance().Accounts(ctx, "", Page{}); err != nil || len(others) != 0 {
		t.Errorf("got %+v, %v", others, err)
	}
}

func testTokens(t *testing.T, s *Store, c *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	token := Token{ID: "T", Account: "A", Hash: Digest{1, 2}, ExpiresAt: today.Add(time.Hour)}
	must(t, s, func(tx *Tx) error { return tx.AddToken(ctx, token) })
	refuse(t, s, ErrConflict, func(tx *Tx) error {
		return tx.AddToken(ctx, Token{ID: "T2", Account: "A", Hash: Digest{1, 2}, ExpiresAt: today})
	})
	refuse(t, s, ErrNotFound, func(tx *Tx) error {
		return tx.AddToken(ctx, Token{ID: "T3", Account: "B", Hash: Digest{3}, ExpiresAt: today})
	})

	got, account, err := s.Glance().TokenByHash(ctx, Digest{1, 2})
	if err != nil || account.ID != "A" || got.Hash != token.Hash || !got.ExpiresAt.Equal(token.ExpiresAt) || !got.Live(today) || got.Live(token.ExpiresAt) {
		t.Errorf("got %+v, %+v, %v", got, account, err)
	}
	if _, _, err := s.Glance().TokenByHash(ctx, Digest{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	must(t, s, func(tx *Tx) error { return tx.RevokeToken(ctx, "T") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.RevokeToken(ctx, "T") })
	if got, _, err = s.Glance().TokenByHash(ctx, Digest{1, 2}); err != nil || got.Live(c.look()) {
		t.Errorf("got %+v, %v", got, err)
	}
	for i := range 4 {
		must(t, s, func(tx *Tx) error {
			return tx.AddToken(ctx, Token{ID: fmt.Sprintf("X%d", i), Account: "A", Hash: Digest{9, byte(i)}, ExpiresAt: today})
		})
	}
	if all := pages(t, 2, func(p Page) ([]Token, string, error) { return s.Glance().Tokens(ctx, "A", p) }); len(all) != 5 || all[0] != got {
		t.Errorf("got %+v", all)
	}
}

func testCertificates(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	addAccount(t, s, "B")
	c := Certificate{ID: "C1", Account: "A", Unit: "07507", Serial: "0a1b", Issuer: "CN=CA", SHA256: Digest{5}, DER: []byte{0x30, 0},
		Identifiers: []string{"MST:0319303270", "CCCD:075000000001"}, NotBefore: today, NotAfter: today.AddDate(3, 0, 0)}
	must(t, s, func(tx *Tx) error { return tx.BindCertificate(ctx, c) })
	again := c
	again.ID, again.Account, again.Identifiers = "C2", "B", nil
	refuse(t, s, ErrConflict, func(tx *Tx) error { return tx.BindCertificate(ctx, again) })
	got, err := s.Glance().CertificateBySHA256(ctx, Digest{5})
	c.BoundAt = got.BoundAt
	if err != nil || !reflect.DeepEqual(got, c) || got.BoundAt.IsZero() {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, c)
	}
	must(t, s, func(tx *Tx) error { return tx.UnbindCertificate(ctx, "C1") })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.UnbindCertificate(ctx, "C1") })
	if _, err := s.Glance().CertificateBySHA256(ctx, Digest{5}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	must(t, s, func(tx *Tx) error { return tx.BindCertificate(ctx, again) })
	if got, err := s.Glance().CertificateBySHA256(ctx, Digest{5}); err != nil || got.Account != "B" || len(got.Identifiers) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if all, _, err := s.Glance().Certificates(ctx, "A", Page{}); err != nil || len(all) != 1 || all[0].UnboundAt.IsZero() {
		t.Errorf("got %+v, %v", all, err)
	}
}

// testExpiry: what is noted of certificates, what is due, and who has none.
func testExpiry(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	now := s.Glance().Now()
	unit := func(level bundle.Level, code, parent string, to bundle.Date) bundle.Unit {
		return bundle.Unit{Level: level, Code: code, Parent: parent, Name: "X", ValidTo: to}
	}
	must(t, s, func(tx *Tx) error {
		for _, u := range []bundle.Unit{unit(bundle.Province, "75", "", bundle.Date{}), unit(bundle.District, "731", "75", bundle.Date{}),
			unit(bundle.Commune, "26001", "731", bundle.Date{}), unit(bundle.Commune, "26002", "731", bundle.Date{}),
			unit(bundle.Facility, "26002.1", "26002", bundle.Date{}), unit(bundle.Commune, "26003", "75", bundle.Date{Year: 2020, Month: 1, Day: 1}),
			unit(bundle.Commune, "27001", "79", bundle.Date{})} {
			if err := tx.PutUnit(ctx, u); err != nil {
				return err
			}
		}
		for _, a := range []Account{{ID: "H", Role: "head", Unit: "26001"}, {ID: "K", Role: "clerk", Unit: "26002"}, {ID: "G", Role: "head", Unit: "27001"}} {
			if err := tx.AddAccount(ctx, a); err != nil {
				return err
			}
		}
		for n, c := range []Certificate{{ID: "C1", Account: "H", Unit: "26001", NotAfter: now.AddDate(0, 0, 20)},
			{ID: "C2", Account: "K", Unit: "26002", NotAfter: now.AddDate(0, 0, 50)}, {ID: "C3", Account: "G", Unit: "27001", NotAfter: now.AddDate(0, 0, -1)},
			{ID: "C4", Account: "G", Unit: "27001", NotAfter: now.AddDate(1, 0, 0)}} {
			c.SHA256, c.DER, c.NotBefore = Digest{byte(n + 1)}, []byte{0x30, 0}, now.AddDate(-1, 0, 0)
			if err := tx.BindCertificate(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	without := func(below string) string {
		t.Helper()
		codes := ""
		for _, u := range pages(t, 1, func(p Page) ([]bundle.Unit, string, error) {
			return s.Glance().UnitsWithout(ctx, "head", below, bundle.DateOf(now), now, p)
		}) {
			codes += u.Code + " "
		}
		return codes
	}
	expect := func(below, want string) {
		t.Helper()
		if got := without(below); got != want {
			t.Errorf("below %q: got %q, want %q", below, got, want)
		}
	}
	expect("", "26002 26002.1 ")
	expect("75", "26002 26002.1 ")
	expect("27001", "")
	expect("99", "")
	must(t, s, func(tx *Tx) error { return tx.NoteCertificate(ctx, Digest{1}, "revoked", []byte{0x30, 0}) })
	must(t, s, func(tx *Tx) error { return tx.NoteCertificate(ctx, Digest{1}, "good", nil) })
	must(t, s, func(tx *Tx) error { return tx.NoteCertificate(ctx, Digest{2}, "unknown", nil) })
	must(t, s, func(tx *Tx) error { return tx.NoteCertificate(ctx, Digest{9}, "good", nil) })
	expect("731", "26001 26002 26002.1 ")
	if c, err := s.Glance().Certificate(ctx, "C1"); err != nil || c.Status != "revoked" || len(c.Issuers) != 2 || c.AskedAt.IsZero() {
		t.Errorf("got %+v, %v, want what was revoked", c, err)
	}
	ids := func(list func(Page) ([]Certificate, string, error)) (ids string) {
		t.Helper()
		for _, c := range pages(t, 1, list) {
			ids += c.ID + " "
		}
		return ids
	}
	if got, want := ids(func(p Page) ([]Certificate, string, error) { return s.Glance().CertificatesToAsk(ctx, now, now, p) }), "C4 "; got != want {
		t.Errorf("to ask about: got %q, want %q", got, want)
	}
	later := now.Add(time.Hour)
	if got, want := ids(func(p Page) ([]Certificate, string, error) { return s.Glance().CertificatesToAsk(ctx, now, later, p) }), "C2 C4 "; got != want {
		t.Errorf("to ask about again: got %q, want %q", got, want)
	}
	expiring := func(days int) func(Page) ([]Certificate, string, error) {
		return func(p Page) ([]Certificate, string, error) {
			return s.Glance().CertificatesExpiring(ctx, now, now.AddDate(0, 0, days), p)
		}
	}
	for days, want := range map[int]string{60: "C1 C2 ", 30: "C1 ", 7: ""} {
		if got := ids(expiring(days)); got != want {
			t.Errorf("expiring within %d days: got %q, want %q", days, got, want)
		}
		if n, err := s.Glance().CountExpiring(ctx, now, now.AddDate(0, 0, days)); err != nil || n != len(want)/3 {
			t.Errorf("expiring within %d days: counted %d, %v, want %d", days, n, err, len(want)/3)
		}
	}
	must(t, s, func(tx *Tx) error { return tx.WarnCertificate(ctx, "C1", 30) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.WarnCertificate(ctx, "C1", 30) })
	refuse(t, s, ErrStale, func(tx *Tx) error { return tx.WarnCertificate(ctx, "C1", 60) })
	must(t, s, func(tx *Tx) error { return tx.WarnCertificate(ctx, "C1", 7) })
	must(t, s, func(tx *Tx) error { return tx.UnbindCertificate(ctx, "C4") })
	expect("27001", "27001 ")
}

func testImports(t *testing.T, s *Store, _ *clock) {
	ctx := t.Context()
	addAccount(t, s, "A")
	for i := range 5 {
		must(t, s, func(tx *Tx) error {
			return tx.AddImport(ctx, Import{ID: fmt.Sprintf("I%d", i), Unit: "07507", Account: "A", File: Digest{byte(i % 2)}, Rows: 10, Taken: 7, Bad: 2, Doubled: 1})
		})
	}
	refuse(t, s, ErrNotFound, func(tx *Tx) error {
		return tx.AddImport(ctx, Import{ID: "I9", Unit: "07507", Account: "A", Errors: Digest{7}})
	})
	got, err := s.Glance().Import(ctx, "I3")
	if err != nil || got.Rows != 10 || got.Taken != 7 || got.Bad != 2 || got.Doubled != 1 || got.File != (Digest{1}) || got.Errors != (Digest{}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := s.Glance().Import(ctx, "I8"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want %v", err, ErrNotFound)
	}
	all := pages(t, 2, func(p Page) ([]Import, string, error) { return s.Glance().Imports(ctx, "07507", p) })
	if len(all) != 5 || all[0].ID != "I4" || all[4].ID != "I0" {
		t.Errorf("got %+v", all)
	}
	same, err := s.Glance().ImportsOfFile(ctx, "07507", Digest{1})
	if err != nil || len(same) != 2 || same[0].ID != "I1" || same[1] != got {
		t.Errorf("got %+v, %v", same, err)
	}
}
