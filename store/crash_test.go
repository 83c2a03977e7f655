package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kytiem/audit"
	"kytiem/bundle"
)

// crashFile is the environment variable that makes this test program the one that is
// killed, and names its database.
const crashFile = "KYTIEM_TEST_CRASH_FILE"

// writeUntilKilled does one step after the other, of all kinds of writing, and prints
// the number of each when it is done.
func writeUntilKilled(file string) int {
	ctx := context.Background()
	s, err := Open(ctx, Options{Database: file})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	head, err := s.Glance().AuditHead(ctx)
	for n := int(head.Seq); err == nil; n++ {
		err = s.InTx(ctx, func(tx *Tx) error {
			id := "S" + strconv.Itoa(n)
			sum, _, err := tx.PutBlob(ctx, bytes.NewReader(noise(uint64(n), 3*ChunkBytes/2)))
			if err != nil {
				return err
			}
			if err := tx.AddAccount(ctx, Account{ID: id}); err != nil {
				return err
			}
			if err := tx.AddImport(ctx, Import{ID: id, Unit: "07507", Account: id, Errors: sum}); err != nil {
				return err
			}
			if _, _, err := tx.AddResults(ctx, id, func(yield func(bundle.Result, error) bool) {
				for i := range 50 {
					if !yield(matched(50*n+i), nil) {
						return
					}
				}
			}); err != nil {
				return err
			}
			return tx.Audit("import", id, "07507", id, audit.Count("taken", 50))
		})
		if err == nil {
			fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// TestKilled kills a program that writes at random moments. What it said was done is
// there, and what is there is whole.
func TestKilled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "kytiem.db")
	done := -1
	for range 10 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+file)
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		killed := false
		for lines.Scan() {
			if done, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatal(err)
			}
			if !killed {
				killed = true
				time.AfterFunc(time.Duration(rand.IntN(60_000))*time.Microsecond, func() { _ = child.Process.Kill() })
			}
		}
		if err := child.Wait(); err == nil || !killed {
			t.Fatalf("the program ended by itself: %v", err)
		}

		s, err := Open(t.Context(), Options{Database: file})
		if err != nil {
			t.Fatal(err)
		}
		checkInvariants(t, s)
		var steps, accounts, imports, results, blobs int
		err = s.Glance().one(t.Context(), `SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM accounts),
			(SELECT count(*) FROM imports), (SELECT count(*) FROM results), (SELECT count(*) FROM blobs)`, nil,
			&steps, &accounts, &imports, &results, &blobs)
		if err != nil || steps <= done || steps > done+2 || accounts != steps || imports != steps || results != 50*steps || blobs != steps {
			t.Errorf("after step %d: %d steps, %d accounts, %d imports, %d results, %d blobs, %v", done, steps, accounts, imports, results, blobs, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if done < 20 {
		t.Logf("only %d steps were made", done)
	}
}
