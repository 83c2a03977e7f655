package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
	"kytiem/paper"
	"kytiem/verify"
)

func signCommand() *cobra.Command {
	var number, date, place, capacity string
	var signing signFlags
	cmd := &cobra.Command{
		Use:   "sign DIR {--p12 FILE --pass-file FILE | --pkcs11 URI --pin-file FILE}",
		Short: "ký số văn bản và dữ liệu của hồ sơ · sign document and data of a bundle",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := signing.options(cmd.Context())
			if err != nil {
				return err
			}
			o.Place = place
			o.Number, o.Notation, _ = strings.Cut(number, "/")
			if o.Date, err = bundle.ParseDate(date); err == nil && date != "" && !o.Date.Complete() {
				err = bundle.ErrDate
			}
			if err != nil {
				return fmt.Errorf("--date, as YYYY-MM-DD: %w", err)
			}
			if cmd.Flags().Changed("capacity") {
				c := bundle.Capacity(strings.TrimSuffix(strings.ToUpper(capacity), "."))
				if !slices.Contains(bundle.Capacities(), c) {
					return errors.New("--capacity là TM, KT, TL, TUQ hoặc Q · is one of TM, KT, TL, TUQ, Q")
				}
				o.Capacity = &c
			}
			report, err := dossier.Sign(cmd.Context(), args[0], o)
			return signOutcome(cmd, args[0], report, err)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&number, "number", "01", "document number in the agency's register, 05 or with its notation, 05/BC-UBND")
	flags.StringVar(&date, "date", "", "document date, YYYY-MM-DD (default today in Việt Nam)")
	flags.StringVar(&place, "place", "", "place of issue (default the unit's)")
	flags.StringVar(&capacity, "capacity", "", "TM, KT, TL, TUQ or Q (Nghị định 30/2020/NĐ-CP, Điều 13)")
	signing.register(cmd, "PNG of the handwritten signature, shown on the page")
	return cmd
}

// signFlags are what every signature is made with: the key, how, and how far it is raised.
type signFlags struct {
	key    keyFlags
	levels levelFlags
	pss    bool
	stamp  string
}

func (f *signFlags) register(cmd *cobra.Command, stamp string) {
	f.key.register(cmd)
	f.levels.register(cmd.Flags())
	cmd.Flags().BoolVar(&f.pss, "pss", false, "RSASSA-PSS instead of PKCS #1 v1.5")
	cmd.Flags().StringVar(&f.stamp, "stamp", "", stamp)
}

func (f *signFlags) options(ctx context.Context) (o dossier.SignOptions, err error) {
	carrier, err := f.key.open(ctx)
	if err != nil {
		return o, err
	}
	o.Carrier, o.Certificates, o.PSS = carrier, carrier.Certificates(), f.pss
	if o.Picture, err = readStamp(f.stamp); err != nil {
		return o, err
	}
	if o.Verifier, err = terminal.NewVerifier(f.levels.trust, "", false); err != nil {
		return o, err
	}
	o.Extender, o.Level, err = f.levels.extender(o.Verifier.Anchors)
	return o, err
}

// readStamp reads the picture for a stamp; without a path there is none.
func readStamp(path string) (*paper.Picture, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none is what is drawn without
	}
	file, err := terminal.ReadFile(path, paper.MaxPictureBytes)
	if errors.Is(err, bundle.ErrTooLarge) {
		err = paper.ErrPictureLarge
	}
	if err != nil {
		return nil, fmt.Errorf("--stamp %s: %w", path, err)
	}
	picture, err := paper.ReadPicture(file)
	if err != nil {
		return nil, fmt.Errorf("--stamp %s: %w", path, err)
	}
	return picture, nil
}

// signOutcome prints what was signed, or, if our verifier stands against it or the level was
// not reached, its report, which says why.
func signOutcome(cmd *cobra.Command, dir string, report *verify.Report, err error) error {
	if report != nil && (errors.Is(err, dossier.ErrNotAccepted) || errors.Is(err, dossier.ErrNotRaised)) {
		err = errors.Join(err, report.WriteText(cmd.OutOrStdout()))
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(cmd.OutOrStdout(), "Ký số thành công · signed: %s\n", dir)
	return report.WriteText(cmd.OutOrStdout())
}
