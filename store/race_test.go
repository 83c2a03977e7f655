package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
)

// atOnce runs contest from several goroutines of both servers at the same time and
// gives their outcomes.
func atOnce(servers [2]*Store, goroutines int, contest func(s *Store, n int) error) []error {
	outcomes := make([]error, goroutines)
	var wait sync.WaitGroup
	start := make(chan struct{})
	for n := range goroutines {
		wait.Go(func() {
			<-start
			outcomes[n] = contest(servers[n%2], n)
		})
	}
	close(start)
	wait.Wait()
	return outcomes
}

// oneWins reports outcomes of which not exactly one is a success, or another than lose.
func oneWins(t *testing.T, outcomes []error, lose error) {
	t.Helper()
	won := 0
	for _, err := range outcomes {
		if err == nil {
			won++
		} else if !errors.Is(err, lose) {
			t.Errorf("got %v, want %v", err, lose)
		}
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
}

// races are what two servers must be able to do at the same time.
var races = map[string]func(t *testing.T, servers [2]*Store){
	"complete":    raceComplete,
	"expire":      raceExpire,
	"request":     raceRequest,
	"seal":        raceSeal,
	"claim":       raceClaim,
	"move":        raceMove,
	"raise":       raceRaise,
	"audit":       raceAudit,
	"key":         raceKey,
	"import":      raceImport,
	"blob":        raceBlob,
	"certificate": raceCertificate,
}

// TestRaces runs on PostgreSQL with two servers, and on SQLite with two parts of one.
func TestRaces(t *testing.T) {
	for name, race := range races {
		t.Run("postgres/"+name, func(t *testing.T) {
			t.Parallel()
			database, c := newDatabase(t), &clock{now: today}
			servers := [2]*Store{open(t, database, c), open(t, database, c)}
			race(t, servers)
			checkInvariants(t, servers[0])
		})
		t.Run("sqlite/"+name, func(t *testing.T) {
			t.Parallel()
			s := open(t, newFile(t), &clock{now: today})
			race(t, [2]*Store{s, s})
			checkInvariants(t, s)
		})
	}
}

// TestOpenedAtOnce: servers that start together on an empty database, with no more than a
// connection each.
func TestOpenedAtOnce(t *testing.T) {
	database := shared.Empty(t)
	for n, err := range atOnce([2]*Store{}, 4, func(*Store, int) error {
		s, err := Open(t.Context(), Options{Database: database, Connections: 1})
		if err != nil {
			return err
		}
		return s.Close()
	}) {
		if err != nil {
			t.Errorf("server %d: %v", n, err)
		}
	}
}

func raceComplete(t *testing.T, servers [2]*Store) {
	addAccount(t, servers[0], "A")
	b, base := addSealed(t, servers[0], "B1")
	for round := range 10 {
		r := asked(fmt.Sprintf("R%d", round), b.ID, base)
		must(t, servers[0], func(tx *Tx) error { return tx.AddRequest(t.Context(), r) })
		for _, i := range r.Items {
			oneWins(t, atOnce(servers, 6, func(s *Store, n int) error {
				return s.InTx(t.Context(), func(tx *Tx) error {
					if err := tx.CompleteItem(t.Context(), i.ID, Digest{1}); err != nil {
						return err
					}
					return tx.Audit("item.complete", fmt.Sprint("server", n), "07507", i.ID)
				})
			}), ErrStale)
			if entries, _, err := servers[1].Glance().AuditOf(t.Context(), i.ID, Page{}); err != nil || len(entries) != 1 {
				t.Errorf("got %d entries, %v, want 1", len(entries), err)
			}
		}
		must(t, servers[0], func(tx *Tx) error { return tx.CloseRequest(t.Context(), r.ID, RequestDone) })
	}
}

// raceExpire: a request that expires while its item is completed.
func raceExpire(t *testing.T, servers [2]*Store) {
	addAccount(t, servers[0], "A")
	b, base := addSealed(t, servers[0], "B1")
	for round := range 20 {
		r := asked(fmt.Sprintf("R%d", round), b.ID, base)
		must(t, servers[0], func(tx *Tx) error { return tx.AddRequest(t.Context(), r) })
		outcomes := atOnce(servers, 2, func(s *Store, n int) error {
			return s.InTx(t.Context(), func(tx *Tx) error {
				if n == 0 {
					return tx.CompleteItem(t.Context(), r.Items[0].ID, Digest{1})
				}
				return tx.CloseRequest(t.Context(), r.ID, RequestLapsed)
			})
		})
		got, err := servers[0].Glance().Request(t.Context(), r.ID)
		if err != nil || outcomes[1] != nil || got.Items[1].State != RequestLapsed {
			t.Fatalf("got %+v, %v, %v", got, err, outcomes)
		}
		if want := map[bool]RequestState{true: RequestDone, false: RequestLapsed}[outcomes[0] == nil]; got.Items[0].State != want {
			t.Errorf("got %s, want %s", got.Items[0].State, want)
		}
		if outcomes[0] != nil && !errors.Is(outcomes[0], ErrStale) {
			t.Errorf("got %v, want %v", outcomes[0], ErrStale)
		}
	}
}

func raceRequest(t *testing.T, servers [2]*Store) {
	addAccount(t, servers[0], "A")
	b, base := addSealed(t, servers[0], "B1")
	oneWins(t, atOnce(servers, 6, func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) error { return tx.AddRequest(t.Context(), asked(fmt.Sprint("R", n), b.ID, base)) })
	}), ErrConflict)
}

// raceSeal: several servers seal what one unit has ready, all of it at once.
func raceSeal(t *testing.T, servers [2]*Store) {
	const ready = 300
	addReady(t, servers[0], 0, ready)
	claimed := make([]int, 8)
	for n, err := range atOnce(servers, len(claimed), func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) error {
			id := fmt.Sprint("B", n)
			b, err := tx.AddBundle(t.Context(), id, "07507", "")
			if err != nil {
				return err
			}
			if b.Size, err = tx.ClaimResults(t.Context(), &b, 100); err != nil {
				return err
			}
			claimed[n] = b.Size
			b.Root = bundle.HexHash{1}
			return tx.SealBundle(t.Context(), &b)
		})
	}) {
		if err != nil {
			claimed[n] = 0
			if !errors.Is(err, ErrConflict) {
				t.Errorf("got %v, want %v", err, ErrConflict)
			}
		}
	}
	sealed := 0
	for n, want := range claimed {
		sealed += want
		got := 0
		for _, err := range servers[0].Glance().ResultsOf(t.Context(), fmt.Sprint("B", n)) {
			if err != nil {
				t.Fatal(err)
			}
			got++
		}
		if got != want {
			t.Errorf("bundle %d holds %d results, want %d", n, got, want)
		}
	}
	if sealed == 0 || sealed > ready {
		t.Errorf("%d results were sealed, of %d", sealed, ready)
	}
}

// raceClaim: claims alone, without the rule that a unit has one open bundle.
func raceClaim(t *testing.T, servers [2]*Store) {
	const ready = 400
	addReady(t, servers[0], 0, ready)
	for n := range 6 {
		addSealed(t, servers[0], fmt.Sprint("B", n))
	}
	claimed := make([]int, 6)
	for _, err := range atOnce(servers, len(claimed), func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) (err error) {
			claimed[n], err = tx.ClaimResults(t.Context(), &Bundle{ID: fmt.Sprint("B", n), Unit: "07507"}, ready)
			return err
		})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	all := 0
	for _, n := range claimed {
		all += n
	}
	if all != ready {
		t.Errorf("%v were claimed, of %d", claimed, ready)
	}
}

func raceMove(t *testing.T, servers [2]*Store) {
	b, _ := addSealed(t, servers[0], "B1")
	acts := []bundle.Act{bundle.Request, bundle.Confirm, bundle.Withdraw}
	oneWins(t, atOnce(servers, 6, func(s *Store, n int) error {
		mine := b
		return s.InTx(t.Context(), func(tx *Tx) error { return tx.MoveBundle(t.Context(), &mine, acts[n%3]) })
	}), ErrStale)
}

// raceRaise: two that extend the same revision of a document.
func raceRaise(t *testing.T, servers [2]*Store) {
	b, base := addSealed(t, servers[0], "B1")
	must(t, servers[0], func(tx *Tx) error { return tx.AddFile(t.Context(), b.ID, bundle.PagesFile, base) })
	oneWins(t, atOnce(servers, 6, func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) error {
			raised, _, err := tx.PutBlob(t.Context(), bytes.NewReader([]byte{byte(n)}))
			if err != nil {
				return err
			}
			return tx.ReplaceFile(t.Context(), b.ID, bundle.PagesFile, base, raised)
		})
	}), ErrStale)
}

// raceAudit: no gap, no fork, nothing doubled, however many write at once.
func raceAudit(t *testing.T, servers [2]*Store) {
	const goroutines, each = 8, 15
	changed := errors.New("changed its mind")
	for _, err := range atOnce(servers, goroutines, func(s *Store, n int) error {
		for i := range each {
			err := s.InTx(t.Context(), func(tx *Tx) error {
				actor := fmt.Sprint("server", n)
				if err := errors.Join(tx.Audit("act", actor, "", ""), tx.Audit("act", actor, "", "", audit.Count("i", int64(i)))); err != nil {
					return err
				}
				if i%5 == 4 {
					return changed
				}
				return nil
			})
			if err != nil && !errors.Is(err, changed) {
				return err
			}
		}
		return nil
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	report, err := servers[1].Glance().CheckAudit(t.Context(), audit.Head{})
	if want := int64(goroutines * each * 4 / 5 * 2); err != nil || report.Entries != want {
		t.Errorf("got %+v, %v, want %d entries", report, err, want)
	}
}

// raceKey: a call that arrives several times at once is done once.
func raceKey(t *testing.T, servers [2]*Store) {
	k := Key{Scope: "T POST /v1/bundles", Key: "k", Body: Digest{1}}
	call := func(s *Store, n int) error {
		var claim *Claim
		var answer *Answer
		err := s.InTx(t.Context(), func(tx *Tx) (err error) {
			claim, answer, err = tx.ClaimKey(t.Context(), k, time.Hour)
			return err
		})
		if err != nil {
			return err
		}
		if answer != nil {
			if string(answer.Body) != "done" {
				t.Errorf("got %q", answer.Body)
			}
			return ErrKeyBusy // for the count
		}
		return s.InTx(t.Context(), func(tx *Tx) error {
			if err := tx.AddAccount(t.Context(), Account{ID: fmt.Sprint("A", n)}); err != nil {
				return err
			}
			return tx.AnswerKey(t.Context(), claim, Answer{200, []byte("done")})
		})
	}
	oneWins(t, atOnce(servers, 8, call), ErrKeyBusy)
	if accounts, _, err := servers[0].Glance().Accounts(t.Context(), "", Page{}); err != nil || len(accounts) != 1 {
		t.Errorf("got %+v, %v", accounts, err)
	}
}

// raceImport: the same file, sent twice at once.
func raceImport(t *testing.T, servers [2]*Store) {
	var results []bundle.Result
	for i := range 500 {
		results = append(results, matched(i))
	}
	var added [4]int
	for _, err := range atOnce(servers, len(added), func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) (err error) {
			var doubled []int
			added[n], doubled, err = tx.AddResults(t.Context(), fmt.Sprint("I", n), each(results...))
			if err == nil && added[n]+len(doubled) != len(results) {
				t.Errorf("got %d added, %d doubled", added[n], len(doubled))
			}
			return err
		})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if sum := added[0] + added[1] + added[2] + added[3]; sum != len(results) {
		t.Errorf("got %v added, want %d", added, len(results))
	}
}

func raceBlob(t *testing.T, servers [2]*Store) {
	content := noise(1, 2*ChunkBytes+5)
	for _, err := range atOnce(servers, 6, func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) (err error) {
			if n%2 == 0 {
				_, _, err = tx.PutBlob(t.Context(), bytes.NewReader(content))
			} else {
				_, err = tx.PutContent(t.Context(), content)
			}
			return err
		})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	if sums, _, err := servers[0].Glance().Blobs(t.Context(), Page{}); err != nil || len(sums) != 1 {
		t.Errorf("got %v, %v", sums, err)
	}
	if got, err := servers[0].Glance().Content(t.Context(), sha256.Sum256(content)); err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func raceCertificate(t *testing.T, servers [2]*Store) {
	addAccount(t, servers[0], "A")
	oneWins(t, atOnce(servers, 6, func(s *Store, n int) error {
		return s.InTx(t.Context(), func(tx *Tx) error {
			return tx.BindCertificate(t.Context(), Certificate{ID: fmt.Sprint("C", n), Account: "A", SHA256: Digest{1}, DER: []byte{1}, NotBefore: today, NotAfter: today})
		})
	}), ErrConflict)
}

// TestServerGone: while PostgreSQL is away everything is ErrUnavailable, at once; when
// it is back, all goes on as before.
func TestServerGone(t *testing.T) {
	t.Parallel()
	private := startServer(t)
	s := open(t, private.Address("postgres"), &clock{now: today})
	addAccount(t, s, "A")
	if err := s.InTx(t.Context(), func(tx *Tx) error {
		if err := tx.AddAccount(t.Context(), Account{ID: "B"}); err != nil {
			return err
		}
		if err := private.Halt(); err != nil {
			t.Error(err)
		}
		return tx.Audit("account.add", "A", "", "B")
	}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v, want %v", err, ErrUnavailable)
	}
	start := time.Now()
	for range 20 {
		if err := s.InTx(t.Context(), func(*Tx) error { return nil }); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want %v", err, ErrUnavailable)
		}
		if err := s.Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("got %v, want %v", err, ErrUnavailable)
		}
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v to say so", took)
	}
	if err := private.Resume(); err != nil {
		t.Fatal(err)
	}
	addAccount(t, s, "B")
	checkInvariants(t, s)
}
