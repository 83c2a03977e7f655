package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"kytiem/cmd/terminal"
	"kytiem/dossier"
)

// errPostgres is a backup or restore of PostgreSQL, which has better tools.
var errPostgres = errors.New("the database is PostgreSQL (docs/operate.md)")

// errNotBackup is a file that kytiem backup did not write, or not to its end.
var errNotBackup = errors.New("no backup, or not a whole one")

// ofOneFile are the settings of a service whose database is one file.
func ofOneFile() (settings, error) {
	s, err := readSettings(os.Environ())
	if err == nil && s.postgres() {
		err = errPostgres
	}
	return s, err
}

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "sao lưu tệp SQLite trong khi dịch vụ vẫn chạy · back up the SQLite file while the service goes on",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := ofOneFile()
			if err != nil {
				return err
			}
			if _, err := os.Lstat(args[0]); err == nil {
				return fmt.Errorf("%s: %w", args[0], dossier.ErrExists)
			}
			db, err := s.open(cmd.Context(), visiting)
			if err != nil {
				return err
			}
			return errors.Join(db.Backup(cmd.Context(), args[0]), db.Close())
		},
	}
}

func restoreCommand() *cobra.Command {
	var against string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "khôi phục bản sao lưu vào cơ sở dữ liệu chưa có · restore a backup where no database is yet, and check it",
		Long: "Copies a backup to KYTIEM_DATABASE, where nothing may lie yet, and checks everything in it as kytiem audit check does.\n" +
			"Exit code 1: the database was restored and something in it is not as it has to be.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := ofOneFile()
			if err != nil {
				return err
			}
			if err := restore(cmd.Context(), args[0], s.Database); err != nil {
				return err
			}
			err = s.with(cmd.Context(), cmd.ErrOrStderr(), visiting, func(one *service) error {
				head, err := one.store.Glance().AuditHead(cmd.Context())
				if err == nil && head.Seq == 0 { // another program's database, or none of any use
					err = errNotBackup
				}
				if err != nil {
					return err
				}
				return checkAudit(cmd.Context(), one, against, cmd.OutOrStdout(), cmd.ErrOrStderr())
			})
			switch {
			case err == nil, errors.As(err, new(terminal.Exit)):
				return err
			case errors.Is(err, errNotBackup):
				os.Remove(s.Database)
			}
			return fmt.Errorf("checking what was restored: %w", err)
		},
	}
	cmd.Flags().StringVar(&against, "against", "", "export of the audit chain that was kept elsewhere, see kytiem audit check")
	return cmd
}

// entire asks of a file whether it is a SQLite database of the length that its own header
// states (SQLite file format, 1.3). What is in it is for the check afterwards.
func entire(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := make([]byte, 100)
	if _, err := f.ReadAt(header, 0); err != nil || !bytes.HasPrefix(header, []byte("SQLite format 3\x00")) {
		return errNotBackup
	}
	size := int64(binary.BigEndian.Uint16(header[16:]))
	if size == 1 {
		size = 1 << 16
	}
	if size*int64(binary.BigEndian.Uint32(header[28:])) != info.Size() {
		return errNotBackup
	}
	return nil
}

// restore copies a backup to a database's place: beside it first, so that half a copy is
// never taken for a database.
func restore(ctx context.Context, from, to string) error {
	for _, name := range []string{to, to + "-wal", to + "-shm"} {
		if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s: %w", name, dossier.ErrExists), err)
		}
	}
	in, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := entire(in); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to+".restoring", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	_, err = io.Copy(out, reading{ctx, in})
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("copying the backup: %w", err)
	}
	return os.Link(out.Name(), to) // unlike a rename it replaces nothing
}

// reading ends a long copy when the context does.
type reading struct {
	ctx context.Context
	io.Reader
}

func (r reading) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}
