package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
)

// ErrNoBackup is a backup of PostgreSQL, which has its own tools for that.
var ErrNoBackup = errors.New("only a SQLite file is backed up by the program; use pg_dump")

// Backup writes the database, as it is at one moment, to a new file for its owner
// only, while everything else goes on. The file is a database itself: to restore it
// is to put it in the place of the old one.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if s.file == "" {
		return ErrNoBackup
	}
	path = filepath.Clean(path)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("making the backup: %w", err)
	}
	defer func() {
		if closing := file.Close(); err == nil {
			err = closing
		}
		if err != nil {
			os.Remove(path)
		}
	}()
	// A connection of its own: those for reading may not, the one for writing is needed.
	handle, err := sqliteHandle(s.file, url.Values{"_pragma": {"busy_timeout(5000)"}}, 1)
	if err != nil {
		return err
	}
	defer handle.Close()
	if _, err := (sqliteConn{handle}).exec(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("writing the backup: %w", err)
	}
	return file.Sync() // VACUUM leaves that to the system
}
