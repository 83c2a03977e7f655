package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/mod/sumdb/tlog"
	"software.sslmate.com/src/go-pkcs12"

	"kytiem/bundle"
	"kytiem/intake"
	"kytiem/pades"
	"kytiem/paper"
	"kytiem/sample"
	"kytiem/signer"
)

// sign measures both steps of a visible signature, opening the document and drawing the stamp included, with the key
// operation between them; and that operation alone.
func (b *bench) sign() error {
	document, err := os.ReadFile(b.path("demo", "minuted", bundle.PagesFile)) // unsigned, with its fields prepared
	if err != nil {
		return err
	}
	p12, err := os.ReadFile(b.path("demo", "keys", "head.p12"))
	if err != nil {
		return err
	}
	password, err := os.ReadFile(b.path("demo", "keys", "head.pass"))
	if err != nil {
		return err
	}
	passphrase := string(bytes.TrimSpace(password))
	carrier, err := signer.OpenPKCS12(p12, passphrase)
	if err != nil {
		return err
	}
	private, _, _, err := pkcs12.DecodeChain(p12, passphrase)
	if err != nil {
		return err
	}
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return errors.New("the demonstration's key is not RSA")
	}
	sum := sha256.Sum256(document)
	alone := func() error {
		_, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
		return err
	}
	hashing := func() error {
		sha256.Sum256(document)
		return nil
	}
	both := func() error { return twoSteps(b.ctx, document, carrier) }
	if err := both(); err != nil { // reads the stamp's fonts, once per process
		return err
	}
	times, err := inTurns(1001, both, alone, hashing)
	if err != nil {
		return err
	}
	ratio := float64(times[0]) / float64(times[1])
	b.table.bounded(fmt.Sprintf("signer: prepare, key operation, complete, %d KB", len(document)/1000),
		fmt.Sprintf("%.2f × (%s)", ratio, short(times[0])), "1.5 ×",
		fmt.Sprintf("RSA-%d alone %s; hashing the document, which each step has to, %s", key.N.BitLen(), short(times[1]), short(times[2])), ratio <= 1.5)
	return nil
}

func twoSteps(ctx context.Context, document []byte, carrier *signer.PKCS12) error {
	now := time.Now()
	file, err := pades.Open(document)
	if err != nil {
		return err
	}
	o := signer.Options{Certificates: carrier.Certificates(), Now: now}
	stamp, err := signer.Stamp(file, bundle.HeadField, o)
	if err != nil {
		return err
	}
	p, err := signer.PrepareDocument(file, o, signer.Visible{Field: bundle.HeadField, Appearance: stamp})
	if err != nil {
		return err
	}
	signatures, err := carrier.Sign(ctx, []signer.Request{p.Request})
	if err != nil {
		return err
	}
	_, err = p.Complete(document, signatures[0], now)
	return err
}

// roll reads the records of the bundle that the first line sealed.
func (b *bench) roll() (*bundle.Roll, error) {
	records, err := os.ReadFile(b.path("sealed-0", bundle.RecordsFile))
	if err != nil {
		return nil, err
	}
	return bundle.ReadRoll(bytes.NewReader(records), int64(len(records)))
}

// proofs measures making and checking the proof of one record out of an open bundle. The raw operation is hashing as
// many nodes of the tree as each of them has to.
func (b *bench) proofs() error {
	roll, err := b.roll()
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(b.path("sealed-0", bundle.ManifestFile))
	if err != nil {
		return err
	}
	index := roll.Len() / 3
	record, err := roll.At(index)
	if err != nil {
		return err
	}
	var proof *bundle.Proof
	made, err := inTurns(101,
		func() (err error) {
			proof, err = bundle.Prove(roll.Leaves(), index, &record, nil, manifest, nil)
			return err
		},
		func() error { return hashNodes(roll.Leaves(), roll.Len()-1) })
	if err != nil {
		return err
	}
	written := proof.Append(nil)
	checked, err := inTurns(1001,
		func() error {
			_, err := proof.Check()
			return err
		},
		func() error {
			_, err := bundle.ParseProof(written)
			return err
		},
		func() error { return hashNodes(roll.Leaves(), len(proof.Path)) })
	if err != nil {
		return err
	}
	b.table.bounded(fmt.Sprintf("proof of one record in %s, make", thousands(roll.Len())), short(made[0]), "2 ms",
		fmt.Sprintf("%d tree nodes alone %s", roll.Len()-1, short(made[1])), made[0] <= 2*time.Millisecond)
	b.table.bounded("proof, check", short(checked[0]), "50 µs",
		fmt.Sprintf("%d tree nodes alone %s; reading its %d KB %s", len(proof.Path), short(checked[2]), len(written)/1000, short(checked[1])),
		checked[0] <= 50*time.Microsecond)
	return nil
}

func hashNodes(l []bundle.Hash, n int) error {
	for i := range n {
		tlog.NodeHash(l[i], l[i+1])
	}
	return nil
}

// intakeCSV reads the ordinary results, beside the standard library's CSV reader on the same bytes.
func (b *bench) intakeCSV() error {
	file, err := os.ReadFile(b.path("results.csv"))
	if err != nil {
		return err
	}
	return b.intake("CSV", file, "encoding/csv", func() error {
		in := csv.NewReader(bytes.NewReader(file))
		in.Comma, in.ReuseRecord = ';', true
		for {
			if _, err := in.Read(); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
}

// intakeWorkbook reads the same results as XLSX, beside the library's rows.
func (b *bench) intakeWorkbook() error {
	var file bytes.Buffer
	if err := sample.WriteXLSX(&file, sample.Rows(sample.Options{Seed: 2021, Rows: ordinary})); err != nil {
		return err
	}
	return b.intake("XLSX", file.Bytes(), "excelize", func() error {
		book, err := excelize.OpenReader(bytes.NewReader(file.Bytes()))
		if err != nil {
			return err
		}
		rows, err := book.Rows(book.GetSheetName(0))
		if err != nil {
			return err
		}
		for rows.Next() {
			if _, err := rows.Columns(); err != nil {
				return err
			}
		}
		return errors.Join(rows.Error(), rows.Close(), book.Close())
	})
}

func (b *bench) intake(form string, file []byte, library string, alone func() error) error {
	times, err := inTurns(5, func() error { return readAll(file) }, alone)
	if err != nil {
		return err
	}
	b.table.beside(fmt.Sprintf("intake, %s rows judged", form), perSecond(ordinary, times[0]),
		fmt.Sprintf("%s alone %s", library, perSecond(ordinary, times[1])))
	return nil
}

func readAll(file []byte) error {
	r, err := intake.Open(bytes.NewReader(file), intake.Options{Unit: unit, Printable: paper.Printable})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case row.Bad():
			return fmt.Errorf("made-up row %d is bad", row.Line)
		}
	}
}

// pages draws the document with the whole list, beside what of it is putting the list in order.
func (b *bench) pages() error {
	roll, err := b.roll()
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(b.path("sealed-0", bundle.ManifestFile))
	if err != nil {
		return err
	}
	document, err := os.ReadFile(b.path("sealed-0", bundle.DocumentFile))
	if err != nil {
		return err
	}
	var pdf bytes.Buffer
	times, err := inTurns(5,
		func() error {
			pdf.Reset()
			return paper.Bundle(&pdf, manifest, document, roll)
		},
		func() error {
			_, err := roll.ByName()
			return err
		})
	if err != nil {
		return err
	}
	count := regexp.MustCompile(`/Type/Pages/Count (\d+)`).FindSubmatch(pdf.Bytes())
	if count == nil {
		return errors.New("counting pages: no page tree")
	}
	b.table.beside(fmt.Sprintf("paper, list of %s rows", thousands(roll.Len())), fmt.Sprintf("%s, %s pages", short(times[0]), count[1]),
		fmt.Sprintf("order by name alone %s", short(times[1])))
	return nil
}

// machine is the bare speed of what everything rests on.
func (b *bench) machine() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	data := make([]byte, 1<<20)
	sum := sha256.Sum256(data)
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return err
	}
	times, err := inTurns(401,
		func() error {
			_, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
			return err
		},
		func() error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], signature) },
		func() error {
			sha256.Sum256(data)
			return nil
		})
	if err != nil {
		return err
	}
	b.table.beside("this machine, RSA-2048", fmt.Sprintf("sign %s, verify %s", short(times[0]), short(times[1])), "")
	b.table.beside("this machine, SHA-256", fmt.Sprintf("%.0f MB/s", 1.048576/times[2].Seconds()), "")
	return nil
}
