package main

import (
	"github.com/spf13/cobra"

	"kytiem/dossier"
)

func countersignCommand() *cobra.Command {
	var p12, passFile, stamp string
	var pss bool
	var levels levelFlags
	cmd := &cobra.Command{
		Use:   "countersign DIR --p12 FILE --pass-file FILE",
		Short: "cơ quan ký số văn bản sau người có thẩm quyền · the organisation signs the document after its head",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			carrier, err := openPKCS12(p12, passFile)
			if err != nil {
				return err
			}
			o := dossier.SignOptions{Carrier: carrier, Certificates: carrier.Certificates(), PSS: pss}
			if o.Picture, err = readStamp(stamp); err != nil {
				return err
			}
			if o.Verifier, err = newVerifier(levels.trust, "", false); err != nil {
				return err
			}
			if o.Extender, o.Level, err = levels.extender(o.Verifier.Anchors); err != nil {
				return err
			}
			report, err := dossier.Countersign(cmd.Context(), args[0], o)
			return signOutcome(cmd, args[0], report, err)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&p12, "p12", "", "PKCS#12 file with the organisation's key and certificate")
	flags.StringVar(&passFile, "pass-file", "", "file with its password")
	flags.BoolVar(&pss, "pss", false, "RSASSA-PSS instead of PKCS #1 v1.5")
	flags.StringVar(&stamp, "stamp", "", "PNG of the seal, shown on the page")
	levels.register(flags)
	for _, name := range []string{"p12", "pass-file"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	return cmd
}
