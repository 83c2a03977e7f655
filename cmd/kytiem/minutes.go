package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/dossier"
	"kytiem/minutes"
)

func minutesCommand() *cobra.Command {
	var parties string
	var o dossier.MinutesOptions
	cmd := &cobra.Command{
		Use:   "minutes DIR --parties FILE --reason TEXT",
		Short: "biên bản xác nhận khi chưa có chứng thư số · joint minutes while there is no certificate",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := drawMinutes(args[0], parties, o); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "Đã lập biên bản · minutes drawn: %s\n  In, ký, quét và đặt bản quét scan.pdf vào cùng thư mục · "+
				"print, sign, scan, and put scan.pdf beside it\n", filepath.Join(args[0], bundle.MinutesFile))
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&parties, "parties", "", "parties file: CSV party,name,position,role (chair, secretary, member)")
	flags.StringVar(&o.Reason, "reason", "", "why there are minutes and no signature: chưa có chứng thư số")
	flags.StringVar(&o.Number, "number", "", "number in the agency's register (default blank)")
	flags.StringVar(&o.Venue, "venue", "", "where the meeting is held (default blank)")
	flags.StringVar(&o.Start, "start", "", "when it begins, 2021-11-08T08:30 (default blank)")
	flags.StringVar(&o.End, "end", "", "when it ends (default blank)")
	for _, name := range []string{"parties", "reason"} {
		cobra.CheckErr(cmd.MarkFlagRequired(name))
	}
	return cmd
}

// drawMinutes reads the parties file and draws the minutes into the directory.
func drawMinutes(dir, parties string, o dossier.MinutesOptions) error {
	f, err := os.Open(parties)
	if err != nil {
		return err
	}
	defer f.Close()
	if o.Parties, err = minutes.ParseParties(f); err != nil {
		return fmt.Errorf("%s: %w", parties, err)
	}
	return dossier.DrawMinutes(dir, o)
}
