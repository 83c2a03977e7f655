package main

import (
	"github.com/spf13/cobra"

	"kytiem/dossier"
)

func countersignCommand() *cobra.Command {
	var signing signFlags
	cmd := &cobra.Command{
		Use:   "countersign DIR {--p12 FILE --pass-file FILE | --pkcs11 URI --pin-file FILE}",
		Short: "cơ quan ký số văn bản sau người có thẩm quyền · the organisation signs the document after its head",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := signing.options(cmd.Context())
			if err != nil {
				return err
			}
			report, err := dossier.Countersign(cmd.Context(), args[0], o)
			return signOutcome(cmd, args[0], report, err)
		},
	}
	signing.register(cmd, "PNG of the seal, shown on the page")
	return cmd
}
