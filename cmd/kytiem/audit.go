package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"kytiem/attest"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "nhật ký kiểm toán nối bằng mã băm · the audit chain of the service",
	}
	cmd.AddCommand(auditCheckCommand(), &cobra.Command{
		Use:   "export FILE",
		Short: "xuất chuỗi ra tệp để giữ ở nơi khác · write the chain to a file, to be kept elsewhere",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				return exportAudit(cmd.Context(), s, args[0])
			})
		},
	}, &cobra.Command{
		Use:   "stamp",
		Short: "đóng dấu thời gian cho đầu chuỗi · have the head of the chain time-stamped (needs KYTIEM_TSA)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				if len(s.tsas) == 0 {
					return fmt.Errorf("cần KYTIEM_TSA · needs KYTIEM_TSA: %w", errSettings)
				}
				return s.StampAudit(cmd.Context())
			})
		},
	})
	return cmd
}

func auditCheckCommand() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "kiểm tra lại chuỗi, mọi gốc Merkle và mọi kết luận · re-derive the chain, every root and every verdict",
		Long: "With --against, also whether the chain goes on from an export that was kept elsewhere: a database that was put back\n" +
			"to an older state shows it in no other way.\n\n" +
			"Exit code 0: all is as it has to be. 1: something is not, and stands on standard output. 4: it could not be checked.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				return checkAudit(cmd.Context(), s, against, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "export of the chain (kytiem audit export) that was kept elsewhere")
	return cmd
}

// checkAudit prints what a check finds. Faults are exit code 1.
func checkAudit(ctx context.Context, s *service, against string, out, progress io.Writer) error {
	last := time.Now()
	report, err := s.CheckAudit(ctx, func(done, total int) {
		if now := time.Now(); now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(progress, "%d / %d\n", done, total)
		}
	})
	if err != nil {
		return fmt.Errorf("checking the audit chain: %w", err)
	}
	if against != "" {
		differs, err := checkExport(ctx, s, against)
		if err != nil {
			return fmt.Errorf("checking against the export: %w", err)
		}
		report.Faults = append(report.Faults, differs...)
	}
	for _, f := range report.Faults {
		fmt.Fprintf(out, "%s\t%s\t%s\n", f.Code, f.Subject, f.What)
	}
	fmt.Fprintf(out, "mục nhật ký · entries %d, dấu thời gian · time-stamps %d, hồ sơ · bundles %d, lỗi · faults %d\n",
		report.Chain.Entries, report.Stamps, report.Bundles, len(report.Faults)+report.Unlisted)
	if len(report.Faults) > 0 {
		return terminal.Exit(terminal.ExitNothing)
	}
	return nil
}

func checkExport(ctx context.Context, s *service, path string) ([]attest.Fault, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return s.CheckExport(ctx, f)
}

// exportAudit writes the chain to a new file.
func exportAudit(ctx context.Context, s *service, path string) (err error) {
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", path, dossier.ErrExists)
	}
	if err != nil {
		return err
	}
	if err = errors.Join(s.ExportAudit(ctx, f), f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return fmt.Errorf("exporting the audit chain: %w", err)
	}
	return nil
}
