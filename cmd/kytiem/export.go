package main

import (
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"kytiem/attest"
	"kytiem/dossier"
)

func exportCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export BUNDLE --out DIR",
		Short: "lấy một hồ sơ ra thư mục, kiểm tra được ngoại tuyến · a bundle out of the service's database",
		Long:  "Writes a bundle of the service's database (KYTIEM_DATABASE) to a new directory, as kytiem verify reads it.",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := os.Lstat(out); err == nil {
				return fmt.Errorf("%s: %w: %w", out, dossier.ErrExists, fs.ErrExist)
			}
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				if err := s.Export(cmd.Context(), attest.Operator(), args[0], out); err != nil {
					return fmt.Errorf("exporting bundle %.64q: %w", args[0], err)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s\n", out)
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "new directory")
	cobra.CheckErr(cmd.MarkFlagRequired("out"))
	return cmd
}
