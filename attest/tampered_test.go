package attest_test

import (
	"bytes"
	"database/sql" //nolint:depguard // a forger does not ask our store
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/signer"
	"kytiem/store"
)

// stored is what is kept of an item between the two steps of a signature.
type stored struct {
	Prepared *signer.Prepared `json:"prepared"`
	Document []byte           `json:"document,omitempty"`
}

// TestTamperedMeanwhile changes what lies in the database between the two steps of a
// signature. What was signed is not what lies there then, and nothing comes of it; what is
// wrong with the store is not said of the signature.
func TestTamperedMeanwhile(t *testing.T) {
	var options attest.Options
	d := newDesk(t, func(o *attest.Options) { options = *o })
	ctx, head := t.Context(), d.who[attest.Head]
	b := d.sealed(t, 2)
	r := d.prepare(t, d.key, b.ID)
	signatures := sign(t, d.key, r.Items...)
	item, err := d.store.Glance().Item(ctx, r.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	base, err := d.store.Glance().Content(ctx, item.Base)
	if err != nil {
		t.Fatal(err)
	}
	records, err := d.store.Glance().File(ctx, b.ID, bundle.RecordsFile)
	if err != nil {
		t.Fatal(err)
	}
	const flip = `UPDATE chunks SET bytes = CAST(replace(CAST(bytes AS TEXT), $1, $2) AS BLOB) WHERE blob = (SELECT id FROM blobs WHERE sha256 = $3)`
	prepared := func(change func(*stored)) func(*sql.DB) error {
		return func(db *sql.DB) error {
			var half stored
			if err := json.Unmarshal([]byte(item.Prepared), &half); err != nil {
				return err
			}
			change(&half)
			text, err := json.Marshal(half)
			if err == nil {
				_, err = db.ExecContext(ctx, `UPDATE items SET prepared = $1 WHERE id = $2`, string(text), item.ID)
			}
			return err
		}
	}
	for _, tt := range []struct {
		name  string
		forge func(*sql.DB) error
		want  error
	}{
		{"other pages, and their digest", prepared(func(h *stored) {
			u := h.Prepared.Update
			at := bytes.Index(u.Suffix, []byte("/Reason")) // of the signature's own dictionary
			u.Suffix[at+9] ^= 1
			sum := u.Hash.New()
			for _, part := range [][]byte{base, u.Suffix[:u.ByteRange[1]-u.BaseSize], u.Suffix[u.ByteRange[2]-u.BaseSize:]} {
				sum.Write(part)
			}
			u.Digest = sum.Sum(nil)
		}), attest.ErrNotAccepted},
		{"another document.json", prepared(func(h *stored) {
			h.Document = bytes.Replace(h.Document, []byte(`"number":"1`), []byte(`"number":"2`), 1)
		}), attest.ErrNotAccepted},
		{"no update", prepared(func(h *stored) { h.Prepared.Update = nil }), signer.ErrContentChanged},
		{"half of an item", sequel(`UPDATE items SET prepared = substr(prepared, 1, length(prepared) / 2) WHERE id = '` + item.ID + `'`), store.ErrCorrupt},
		{"pages under the signature", func(db *sql.DB) error {
			_, err := db.ExecContext(ctx, flip, "/Type", "/type", item.Base[:])
			return err
		}, store.ErrCorrupt},
		{"records", func(db *sql.DB) error {
			_, err := db.ExecContext(ctx, flip, `"dose_number":1`, `"dose_number":2`, records.SHA256[:])
			return err
		}, store.ErrCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "forged.db")
			if err := d.store.Backup(ctx, path); err != nil {
				t.Fatal(err)
			}
			db, err := sql.Open("sqlite", path)
			if err == nil {
				err = errors.Join(tt.forge(db), db.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
			forged, err := store.Open(ctx, store.Options{Database: path, Now: d.clock.Now})
			if err != nil {
				t.Fatal(err)
			}
			defer forged.Close()
			o := options
			o.Store = forged
			_, outcomes, err := attest.New(o).Complete(ctx, head, r.ID, signatures)
			if err := done(outcomes, err); !errors.Is(err, tt.want) {
				t.Errorf("completing: %v, want %v", err, tt.want)
			}
			after, err := forged.Glance().Bundle(ctx, b.ID)
			if err != nil || after.Status.State != bundle.Pending {
				t.Errorf("bundle is %s (%v), want %s", after.Status.State, err, bundle.Pending)
			}
			_, err = forged.Glance().LastAct(ctx, b.ID, "signing.rejected")
			if rejected := err == nil; rejected == errors.Is(tt.want, store.ErrCorrupt) {
				t.Errorf("the chain tells of a signature that was turned down: %v", rejected)
			}
		})
	}
	d.complete(t, r, signatures)
	d.state(t, b.ID, bundle.Signed)
}
