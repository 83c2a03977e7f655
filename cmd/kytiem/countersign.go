package main

import (
	"github.com/spf13/cobra"

	"kytiem/dossier"
)

func countersignCommand() *cobra.Command {
	var stamp string
	var pss bool
	var key keyFlags
	var levels levelFlags
	cmd := &cobra.Command{
		Use:   "countersign DIR {--p12 FILE --pass-file FILE | --pkcs11 URI --pin-file FILE}",
		Short: "cơ quan ký số văn bản sau người có thẩm quyền · the organisation signs the document after its head",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			carrier, err := key.open(cmd.Context())
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
	key.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&pss, "pss", false, "RSASSA-PSS instead of PKCS #1 v1.5")
	flags.StringVar(&stamp, "stamp", "", "PNG of the seal, shown on the page")
	levels.register(flags)
	return cmd
}
