package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"kytiem/bundle"
)

// ReadFile reads a file whole, at most limit bytes: a device or a film named by
// mistake must not fill the memory.
func ReadFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path) // first: opening a pipe waits for somebody to write into it
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// In one piece: growing to a hundred megabytes would take twice that.
	content := bytes.NewBuffer(make([]byte, 0, min(info.Size(), limit)+bytes.MinRead))
	if _, err := content.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if int64(content.Len()) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes: %w", path, limit, bundle.ErrTooLarge)
	}
	return content.Bytes(), nil
}

// ErrPassFile is a file that holds no password.
var ErrPassFile = errors.New("not a password of one line")

// ReadPassword reads a password and no more: a key file or a device named by mistake is
// refused ([ErrPassFile]).
func ReadPassword(path string) (string, error) {
	content, err := ReadFile(path, 1024)
	if errors.Is(err, bundle.ErrTooLarge) {
		return "", fmt.Errorf("%s: %w", path, ErrPassFile)
	}
	if err != nil {
		return "", err
	}
	password := strings.TrimRight(string(content), "\r\n")
	if strings.ContainsAny(password, "\x00\r\n") {
		return "", fmt.Errorf("%s: %w", path, ErrPassFile)
	}
	return password, nil
}
