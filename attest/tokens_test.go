package attest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/store"
)

// TestTokens: what a token opens, for how long, and who may give and take it.
func TestTokens(t *testing.T) {
	d := newDesk(t, nil)
	admin, head := d.who[attest.Admin], d.who[attest.Head]
	for _, tt := range []struct {
		name    string
		who     attest.Actor
		account string
		life    time.Duration
		want    error
	}{
		{"of default life", admin, head.Account, 0, nil},
		{"for an hour", attest.Operator(), head.Account, time.Hour, nil},
		{"as long as can be", admin, head.Account, attest.MaxTokenLife, nil},
		{"longer", admin, head.Account, attest.MaxTokenLife + 1, bundle.ErrMalformed},
		{"for less than nothing", admin, head.Account, -1, bundle.ErrMalformed},
		{"nobody's", admin, bundle.NewID(), 0, attest.ErrNotFound},
		{"by the account itself", head, head.Account, 0, attest.ErrForbidden},
		{"by anybody", attest.Actor{}, head.Account, 0, attest.ErrUnauthenticated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			issued, err := d.IssueToken(t.Context(), tt.who, tt.account, tt.life)
			if !errors.Is(err, tt.want) {
				t.Fatalf("issuing: %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			life := tt.life
			if life == 0 {
				life = attest.DefaultTokenLife
			}
			if got := issued.ExpiresAt.Sub(issued.CreatedAt); got != life {
				t.Errorf("good for %s, want %s", got, life)
			}
			if got, err := d.Authenticate(t.Context(), issued.Secret); err != nil || got.Account != head.Account || got.Role != attest.Head || got.Unit != commune {
				t.Errorf("opens %+v, %v", got, err)
			}
		})
	}

	issued := d.issueToken(t, head.Account, time.Hour)
	if secret, found := strings.CutPrefix(issued.Secret, attest.TokenPrefix); !found || len(secret) != 43 {
		t.Errorf("a token of %d characters", len(issued.Secret))
	}
	if again := d.issueToken(t, head.Account, time.Hour); again.Secret == issued.Secret || again.Hash == issued.Hash {
		t.Error("one secret twice")
	}
	for name, wrong := range map[string]string{"its id": issued.ID, "nothing": "", "a letter less": issued.Secret[:len(issued.Secret)-1],
		"its digest": issued.Hash.String(), "very long": strings.Repeat("x", 1<<20)} {
		if _, err := d.Authenticate(t.Context(), wrong); !errors.Is(err, attest.ErrUnauthenticated) {
			t.Errorf("%s: %v, want %v", name, err, attest.ErrUnauthenticated)
		}
	}
	d.clock.Pass(time.Hour - time.Second)
	actor, err := d.Authenticate(t.Context(), issued.Secret)
	if err != nil {
		t.Fatal(err)
	}
	d.clock.Pass(time.Second)
	if _, err := d.Authenticate(t.Context(), issued.Secret); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("expired: %v", err)
	}
	if _, err := d.BindCertificate(t.Context(), actor, d.who[attest.Clerk].Account, d.der()); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("expired in mid-call: %v", err)
	}

	if tokens, _, err := d.Tokens(t.Context(), head, head.Account, attest.Page{}); err != nil || len(tokens) != 5 {
		t.Errorf("its own: %d, %v, want 5", len(tokens), err)
	}
	if _, _, err := d.Tokens(t.Context(), d.who[attest.Clerk], head.Account, attest.Page{}); !errors.Is(err, attest.ErrForbidden) {
		t.Errorf("another's: %v", err)
	}
	for _, e := range d.entries(t, "tokens.issue") {
		if strings.Contains(e.Detail.String(), issued.Hash.String()) || e.Unit != commune {
			t.Errorf("entry %+v", e)
		}
	}
}

// TestRevokeToken: at once, for a call under way too.
func TestRevokeToken(t *testing.T) {
	d := newDesk(t, nil)
	admin, head := d.who[attest.Admin], d.who[attest.Head]
	issued := d.issueToken(t, head.Account, 0)
	actor, err := d.Authenticate(t.Context(), issued.Secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		who  attest.Actor
		id   string
		want error
	}{
		{"head", head, issued.ID, attest.ErrForbidden},
		{"anybody", attest.Actor{}, issued.ID, attest.ErrUnauthenticated},
		{"nobody's", admin, bundle.NewID(), attest.ErrNotFound},
		{"administrator", admin, issued.ID, nil},
		{"again", admin, issued.ID, attest.ErrStale},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := d.RevokeToken(t.Context(), tt.who, tt.id); !errors.Is(err, tt.want) {
				t.Errorf("revoking: %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := d.Authenticate(t.Context(), issued.Secret); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("revoked: %v", err)
	}
	if _, err := d.BindCertificate(t.Context(), actor, d.who[attest.Clerk].Account, d.der()); !errors.Is(err, attest.ErrUnauthenticated) {
		t.Errorf("revoked in mid-call: %v", err)
	}
	if got := len(d.entries(t, "tokens.revoke")); got != 1 {
		t.Errorf("got %d entries, want 1", got)
	}
}

// TestSecretIsKeptNowhere: not even as the answer to a call under an idempotency key.
func TestSecretIsKeptNowhere(t *testing.T) {
	d := newDesk(t, nil)
	key := attest.Key{Scope: "tokens", Key: "1", Body: store.Digest{1}}
	once, _, err := d.Claim(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	ctx := once.In(t.Context(), func(outcome any) (attest.Answer, error) {
		body, err := json.Marshal(outcome)
		return attest.Answer{Status: 201, Body: body}, err
	})
	issued, err := d.IssueToken(ctx, d.who[attest.Admin], d.who[attest.Head].Account, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, before, err := d.Claim(t.Context(), key); !errors.Is(err, attest.ErrKeySpent) || before != nil {
		t.Errorf("got %v, %v, want the key to be spent", before, err)
	}
	if bytes.Contains(d.kept(t), []byte(issued.Secret[len(attest.TokenPrefix):])) {
		t.Error("the secret stands in the database")
	}
}

// kept is the whole database as bytes.
func (d *desk) kept(t testing.TB) []byte {
	t.Helper()
	content, err := os.ReadFile(d.backup(t))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// backup is a copy of the database.
func (d *desk) backup(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := d.store.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	return path
}
