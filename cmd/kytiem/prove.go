package main

import (
	"strings"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/dossier"
)

func proveCommand() *cobra.Command {
	var record string
	var disclose []string
	cmd := &cobra.Command{
		Use:   "prove DIR --record ID > proof.json",
		Short: "bằng chứng về một kết quả, kiểm tra được ngoại tuyến · a proof of one result that checks offline",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("disclose") {
				disclose = nil // all fields
			}
			proof, err := dossier.Prove(args[0], record, disclose)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(proof)
			return err
		},
	}
	cmd.Flags().StringVar(&record, "record", "", "id of the record, as in records.ndjson")
	cmd.Flags().StringSliceVar(&disclose, "disclose", nil, "fields to disclose, default all of: "+strings.Join(bundle.Fields(), ","))
	cobra.CheckErr(cmd.MarkFlagRequired("record"))
	return cmd
}
