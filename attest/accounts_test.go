package attest_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/audit"
	"kytiem/bundle"
	"kytiem/store"
)

// TestAccounts: who is added to what, and who reads whom.
func TestAccounts(t *testing.T) {
	d := newDesk(t, nil)
	admin := d.who[attest.Admin]
	for _, tt := range []struct {
		name, called string
		who          attest.Actor
		role         attest.Role
		unit         string
		want         error
	}{
		{"of a unit", "Trạm y tế", admin, attest.Health, commune, nil},
		{"above units", "API", admin, attest.Verifier, "", nil},
		{"by the operator", "API", attest.Operator(), attest.Admin, "", nil},
		{"no such role", "A", admin, "chief", "", attest.ErrRole},
		{"no role", "A", admin, "", "", attest.ErrRole},
		{"without a unit", "A", admin, attest.Head, "", attest.ErrRole},
		{"with one", "A", admin, attest.Admin, commune, attest.ErrRole},
		{"in no unit", "A", admin, attest.Head, "00000", attest.ErrRole},
		{"no name", " ", admin, attest.Admin, "", attest.ErrText},
		{"line in a name", "A\nB", admin, attest.Admin, "", attest.ErrText},
		{"not text", "A\xff", admin, attest.Admin, "", attest.ErrText},
		{"long name", strings.Repeat("ấ", 100), admin, attest.Admin, "", attest.ErrText},
		{"by a head", "A", d.who[attest.Head], attest.Clerk, commune, attest.ErrForbidden},
		{"by anybody", "A", attest.Actor{}, attest.Admin, "", attest.ErrUnauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := d.AddAccount(t.Context(), tt.who, tt.called, tt.role, tt.unit)
			if !errors.Is(err, tt.want) {
				t.Fatalf("adding: %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			if got, err := d.AccountOf(t.Context(), admin, a.ID); err != nil || got != a || got.Name != tt.called || got.Role != string(tt.role) {
				t.Errorf("got %+v, %v, want %+v", got, err, a)
			}
		})
	}
	entries := slices.DeleteFunc(d.entries(t, "accounts.add"), func(e audit.Entry) bool { return d.furnished(e.Subject) })
	if len(entries) != 3 || strings.Contains(entries[0].Detail.String(), "tế") {
		t.Errorf("got %+v, want 3 entries", entries)
	}

	clerk := d.who[attest.Clerk]
	if a, err := d.AccountOf(t.Context(), clerk, clerk.Account); err != nil || a.Role != string(attest.Clerk) {
		t.Errorf("its own: %+v, %v", a, err)
	}
	if _, err := d.AccountOf(t.Context(), clerk, d.who[attest.Head].Account); !errors.Is(err, attest.ErrForbidden) {
		t.Errorf("another's: %v, want %v", err, attest.ErrForbidden)
	}
	if _, err := d.AccountOf(t.Context(), admin, bundle.NewID()); !errors.Is(err, attest.ErrNotFound) {
		t.Errorf("nobody's: %v, want %v", err, attest.ErrNotFound)
	}
	if _, err := d.AccountOf(t.Context(), attest.Actor{}, ""); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("anybody: %v, want %v", err, attest.ErrUnauthenticated)
	}
	if _, _, err := d.Accounts(t.Context(), clerk, commune, attest.Page{}); !errors.Is(err, attest.ErrForbidden) {
		t.Errorf("a clerk listing: %v, want %v", err, attest.ErrForbidden)
	}
	listed, _, err := d.Accounts(t.Context(), admin, commune, attest.Page{})
	if err != nil || len(listed) != 6 { // five roles of units, and the one above
		t.Errorf("got %d accounts, %v, want 6", len(listed), err)
	}
}

// TestDisableAccount: out of use at once, with every token, and never oneself.
func TestDisableAccount(t *testing.T) {
	d := newDesk(t, nil)
	admin, head := d.who[attest.Admin], d.who[attest.Head]
	var secrets []string
	for range store.MaxPage/100 + 2 {
		secrets = append(secrets, d.issueToken(t, head.Account, 0).Secret)
	}
	if err := d.RevokeToken(t.Context(), admin, d.issueToken(t, head.Account, 0).ID); err != nil {
		t.Fatal(err)
	}
	signed, err := d.Authenticate(t.Context(), secrets[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		who  attest.Actor
		id   string
		want error
	}{
		{"oneself", admin, admin.Account, attest.ErrForbidden},
		{"head", head, d.who[attest.Clerk].Account, attest.ErrForbidden},
		{"anybody", attest.Actor{}, head.Account, attest.ErrUnauthenticated},
		{"nobody's", admin, bundle.NewID(), attest.ErrNotFound},
		{"administrator", admin, head.Account, nil},
		{"again", admin, head.Account, attest.ErrStale},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := d.DisableAccount(t.Context(), tt.who, tt.id)
			if !errors.Is(err, tt.want) {
				t.Fatalf("disabling: %v, want %v", err, tt.want)
			}
			if got, _ := d.AccountOf(t.Context(), admin, tt.id); err == nil && (a.DisabledAt.IsZero() || got != a) {
				t.Errorf("got %+v, want %+v", got, a)
			}
		})
	}
	for _, secret := range secrets {
		if _, err := d.Authenticate(t.Context(), secret); !errors.Is(err, attest.ErrUnauthenticated) {
			t.Errorf("with a token of an account out of use: %v", err)
		}
	}
	tokens, _, err := d.Tokens(t.Context(), admin, head.Account, attest.Page{})
	if err != nil || len(tokens) != len(secrets)+1 {
		t.Fatalf("got %d tokens, %v", len(tokens), err)
	}
	for _, token := range tokens {
		if token.RevokedAt.IsZero() {
			t.Errorf("token %s is not revoked", token.ID)
		}
	}
	// A call that began before: its last transaction asks again.
	if _, err := d.BindCertificate(t.Context(), signed, d.who[attest.Clerk].Account, d.der()); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("going on with a call: %v, want %v", err, attest.ErrUnauthenticated)
	}
	if _, err := d.IssueToken(t.Context(), admin, head.Account, 0); !errors.Is(err, attest.ErrConflict) {
		t.Errorf("issuing to it: %v, want %v", err, attest.ErrConflict)
	}
	entries := d.entries(t, "accounts.disable")
	if want := `{"tokens":7}`; len(entries) != 1 || entries[0].Detail.String() != want || entries[0].Unit != commune {
		t.Errorf("got %+v, want one entry with %s", entries, want)
	}
}

// TestAdministratorsAtOnce: of two who disable each other one is left.
func TestAdministratorsAtOnce(t *testing.T) {
	d := newDesk(t, nil)
	var who [2]attest.Actor
	for n := range who {
		a, err := d.AddAccount(t.Context(), attest.Operator(), "Mẫu", attest.Admin, "")
		if err != nil {
			t.Fatal(err)
		}
		if who[n], err = d.Authenticate(t.Context(), d.issueToken(t, a.ID, time.Hour).Secret); err != nil {
			t.Fatal(err)
		}
	}
	outcomes := make(chan error, 2)
	for n := range who {
		go func() {
			_, err := d.DisableAccount(t.Context(), who[n], who[1-n].Account)
			outcomes <- err
		}()
	}
	first, second := <-outcomes, <-outcomes
	if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), attest.ErrUnauthenticated) {
		t.Errorf("got %v and %v, want one to be signed out", first, second)
	}
}

// der is the head's certificate with its issuer.
func (d *desk) der() []byte {
	return append(append([]byte{}, d.key.Certificate.Raw...), d.key.Chain[0].Raw...)
}

func (d *desk) issueToken(t testing.TB, account string, life time.Duration) attest.Issued {
	t.Helper()
	issued, err := d.IssueToken(t.Context(), d.who[attest.Admin], account, life)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}
