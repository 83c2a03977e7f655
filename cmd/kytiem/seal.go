package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
	"kytiem/intake"
)

// shownFindings is how many errors, and how many warnings, are printed one by one.
// The NotReady file has all the errors; --findings has both.
const shownFindings = 20

func sealCommand() *cobra.Command {
	var unit, units, results, out, notReady, findings, extra string
	cmd := &cobra.Command{
		Use:   "seal --unit CODE[@DATE] --units FILE --results FILE --out DIR",
		Short: "niêm phong kết quả của một đơn vị thành hồ sơ · seal a unit's ready results into a bundle directory",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if extra != "refuse" && extra != "ignore" {
				return fmt.Errorf("--extra %s: refuse or ignore", extra)
			}
			register, u, err := findUnit(units, unit)
			if err != nil {
				return err
			}
			in, err := os.Open(results)
			if err != nil {
				return err
			}
			defer in.Close()
			out = filepath.Clean(out)
			if notReady == "" {
				notReady = out + ".not-ready" + extension(results)
			}
			if filepath.Clean(notReady) == filepath.Clean(out) {
				return fmt.Errorf("--not-ready %s: %w", notReady, dossier.ErrExists)
			}
			printer := &sealPrinter{out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), all: io.Discard}
			if findings != "" {
				all, err := os.OpenFile(findings, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err != nil {
					return err
				}
				defer func() { err = errors.Join(err, all.Close()) }()
				printer.all = all
			}
			sealed, err := dossier.Seal(cmd.Context(), dossier.SealOptions{
				Unit: u, Units: register, Results: in, Out: out, NotReady: notReady, IgnoreExtra: extra == "ignore",
				Progress: printer.progress, Found: printer.found,
			})
			switch {
			case err == nil:
				printer.summary(sealed, out, notReady, true)
			case errors.Is(err, dossier.ErrNothingReady):
				printer.summary(sealed, out, notReady, false)
				fmt.Fprintln(cmd.ErrOrStderr(), "kytiem: "+explainError(err))
				return terminal.Exit(terminal.ExitNothing)
			case len(fileErrors(err)) > 0:
				return fmt.Errorf("%s: %w", results, err)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&unit, "unit", "", "unit's code, with a date where the code was given to several: 26068@2021-11-30")
	flags.StringVar(&units, "units", "", "units file (CSV)")
	flags.StringVar(&results, "results", "", "results file (CSV, NDJSON or XLSX)")
	flags.StringVar(&out, "out", "", "bundle directory to make")
	flags.StringVar(&notReady, "not-ready", "", "file for rows that cannot be sealed (default OUT.not-ready.*)")
	flags.StringVar(&findings, "findings", "", "file for every error and warning, a line each (default: the first are printed)")
	flags.StringVar(&extra, "extra", "refuse", "columns that are not known: refuse or ignore")
	for _, name := range []string{"unit", "units", "results", "out"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	return cmd
}

// findUnit reads the units file and finds the unit by its key.
func findUnit(path, key string) (*bundle.Units, bundle.Unit, error) {
	code, on, err := bundle.ParseUnitKey(key)
	if err != nil {
		return nil, bundle.Unit{}, err
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, bundle.Unit{}, err
	}
	defer in.Close()
	register, err := intake.ReadUnits(in)
	if err != nil {
		return nil, bundle.Unit{}, fmt.Errorf("%s: %w", path, err)
	}
	u, err := register.At(code, on)
	return register, u, err
}

// extension gives the NotReady file the ending of the results file, whose shape it
// has.
func extension(results string) string {
	if ending := filepath.Ext(results); ending != "" {
		return ending
	}
	return ".csv"
}

// sealPrinter tells what sealing found. Findings hold no personal data.
type sealPrinter struct {
	out, err, all    io.Writer
	errors, warnings int
}

func (p *sealPrinter) progress(rows int) {
	if rows%100_000 == 0 {
		fmt.Fprintf(p.err, "… %d dòng · rows\n", rows)
	}
}

func (p *sealPrinter) found(f intake.Finding) {
	count := &p.errors
	if f.Warning {
		count = &p.warnings
	}
	if *count++; *count <= shownFindings {
		fmt.Fprintf(p.err, "%s · %s\n", f, f.EN)
	}
	fmt.Fprintf(p.all, "%s · %s\n", f, f.EN)
}

func (p *sealPrinter) summary(s *dossier.Sealed, out, notReady string, done bool) {
	if more := p.errors - shownFindings; more > 0 {
		fmt.Fprintf(p.err, "… và %d lỗi nữa, xem tệp · and %d more errors, see %s\n", more, more, notReady)
	}
	if more := p.warnings - shownFindings; more > 0 {
		fmt.Fprintf(p.err, "… và %d cảnh báo nữa, dùng --findings để xem hết · and %d more warnings, --findings writes them all\n", more, more)
	}
	fmt.Fprintf(p.out, "%d dòng: %d đã niêm phong, %d chưa đủ điều kiện, %d có lỗi; %d cảnh báo · rows: sealed, not ready, bad; warnings\n",
		s.Rows, s.Records, s.NotReady, s.Bad, p.warnings)
	if s.NotReady+s.Bad > 0 {
		fmt.Fprintf(p.out, "  các dòng chưa niêm phong · rows left out: %s\n", notReady)
	}
	if done {
		c := s.Manifest.Counts
		fmt.Fprintf(p.out, "  hồ sơ · bundle %s: %s\n", s.Manifest.Bundle, out)
		fmt.Fprintf(p.out, "  %d người, %d mũi tiêm (%d trùng khớp, %d đã làm sạch, %d không thuộc diện xác minh) · persons, doses (matched, cleansed, exempt)\n",
			c.Persons, c.Doses, c.Matched, c.Cleansed, c.Exempt)
		fmt.Fprintf(p.out, "  mã băm gốc · root %s\n", s.Manifest.Root)
	}
}
