package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"unicode/utf8"

	"kytiem/bundle"
)

// Bounds of a form beside its files: their names and the boundaries between them, and
// one value.
const (
	formBytes  = 64 << 10
	valueBytes = 4 << 10
)

// upload is a file that somebody sent, on disk as long as its call lasts, or in memory if
// it is small (see brief).
type upload struct {
	*os.File
	small []byte // instead of File
	leave func()
	name  string // as the sender calls it: for the sender only
	size  int64
	sum   bundle.HexHash
}

// form is a multipart form whose files are on disk.
type form struct {
	most   int64 // bytes of one file
	files  map[string]*upload
	values map[string]string
	sum    bundle.HexHash // of its parts in order: a repeat has other boundaries
}

func (f *form) close() {
	for _, u := range f.files {
		u.discard()
	}
}

// discard removes the file, if it is there still.
func (u *upload) discard() {
	if u.File == nil {
		u.leave()
		return
	}
	defer u.Close()
	os.Remove(u.Name())
}

// whole is the file in memory.
func (u *upload) whole() ([]byte, error) {
	if u.File == nil {
		return u.small, nil
	}
	data := make([]byte, u.size)
	if _, err := io.ReadFull(u.content(), data); err != nil {
		return nil, fmt.Errorf("reading an upload back: %w", err)
	}
	return data, nil
}

// content reads the file from its beginning, wherever it lies.
func (u *upload) content() *io.SectionReader {
	if u.File == nil {
		return io.NewSectionReader(bytes.NewReader(u.small), 0, u.size)
	}
	return io.NewSectionReader(u.File, 0, u.size)
}

// form reads a multipart form to its end before anything is done with it: half a file is
// no file. The first of files has to be there.
func (c *call) form(most int64, files, values []string) (*form, error) {
	kind, parameters, err := c.mediaType()
	if err != nil {
		return nil, err
	}
	if kind != "multipart/form-data" || parameters["boundary"] == "" {
		return nil, errMediaType
	}
	f := &form{most: most, files: make(map[string]*upload), values: make(map[string]string)}
	if err := c.parts(f, parameters["boundary"], files, values); err != nil {
		f.close()
		return nil, err
	}
	if f.files[files[0]] == nil {
		f.close()
		return nil, invalid(fault{Location: "body." + files[0], Code: "required"})
	}
	return f, nil
}

func (c *call) parts(f *form, boundary string, files, values []string) error {
	body := c.limited(int64(len(files))*f.most + formBytes)
	parts, parted := multipart.NewReader(body, boundary), sha256.New()
	for {
		part, err := parts.NextPart()
		if err == io.EOF { // unwrapped: a form that was cut off wraps it
			break
		}
		if err != nil {
			return c.formBroken(err)
		}
		if err := c.part(f, part, files, values, parted); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return c.broken(err)
	}
	parted.Sum(f.sum[:0])
	return nil
}

// part reads one part of a form.
func (c *call) part(f *form, part *multipart.Part, files, values []string, parted hash.Hash) error {
	name := part.FormName()
	_, value := f.values[name]
	switch {
	case f.files[name] != nil || value:
		return invalid(fault{Location: placeOf("body." + name), Code: "twice"})
	case slices.Contains(files, name):
		u, err := c.spool(part, f.most)
		if err != nil {
			return err
		}
		u.name = fileName(part.FileName())
		f.files[name] = u
		note(parted, name, u.sum)
	case slices.Contains(values, name):
		text, err := io.ReadAll(io.LimitReader(part, valueBytes+1))
		if err != nil {
			return c.formBroken(err)
		}
		if len(text) > valueBytes {
			return invalid(fault{Location: "body." + name, Code: "long"})
		}
		if !utf8.Valid(text) {
			return invalid(fault{Location: "body." + name, Code: "form"})
		}
		f.values[name] = string(text)
		note(parted, name, sha256.Sum256(text))
	default:
		return invalid(fault{Location: placeOf("body." + name), Code: "unexpected"})
	}
	return nil
}

// note adds a part to the digest of a form.
func note(parted hash.Hash, name string, sum [sha256.Size]byte) {
	parted.Write(strconv.AppendInt(nil, int64(len(name)), 10))
	parted.Write([]byte(name))
	parted.Write(sum[:])
}

// formBroken tells a form that came whole and is none from one that did not come whole.
func (c *call) formBroken(err error) error {
	s, watched := c.gin.Request.Body.(*sender)
	if watched && s.over && s.read == c.gin.Request.ContentLength {
		return errForm
	}
	return c.broken(err)
}

// raw takes the whole body as one file.
func (c *call) raw(most int64) (*upload, error) {
	u, err := c.spool(c.limited(most), most)
	if err == nil && u.size == 0 {
		u.discard()
		return nil, errNoBody
	}
	return u, err
}

// Small bodies are read where they are needed, in memory: a document of the usual size would
// else be written to the disk only to be read again. So many at a time, which bounds the
// memory that slow senders can hold (64 MiB); others go to the disk.
const (
	smallBytes = 256 << 10
	smallCount = 256
)

// brief is raw for what may lie in memory until it is its turn.
func (c *call) brief(most int64) (*upload, error) {
	size := c.gin.Request.ContentLength
	if size <= 0 || size > min(smallBytes, most) || c.api.small.enter(c.gin.Request.Context()) != nil {
		return c.raw(most)
	}
	u := &upload{size: size, leave: c.api.small.leave}
	data := make([]byte, size+1) // one more, which does not come, tells that it was all
	n, err := io.ReadFull(c.limited(most), data)
	c.api.metrics.uploaded.Add(float64(n))
	if int64(n) != size || !errors.Is(err, io.ErrUnexpectedEOF) {
		u.discard()
		return nil, c.broken(err)
	}
	u.small = data[:size:size]
	return u, nil
}

// spool writes what is sent to a file that only we can read. It has no name any more where
// the system allows for that, so that not even a crash leaves it behind.
func (c *call) spool(r io.Reader, most int64) (*upload, error) {
	f, err := os.CreateTemp(c.api.o.Temp, "kytiem-upload-")
	if err != nil {
		return nil, fmt.Errorf("making room for an upload: %w", err)
	}
	os.Remove(f.Name())
	u := &upload{File: f}
	sum := sha256.New()
	disk := &writer{w: io.MultiWriter(f, sum)}
	u.size, err = io.Copy(disk, io.LimitReader(r, most+1))
	c.api.metrics.uploaded.Add(float64(u.size))
	switch {
	case disk.err != nil:
		err = fmt.Errorf("keeping an upload: %w", disk.err)
	case err != nil:
		err = c.formBroken(err)
	case u.size > most:
		err = c.broken(&http.MaxBytesError{Limit: most})
	default:
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		u.discard()
		return nil, err
	}
	sum.Sum(u.sum[:0])
	return u, nil
}

// writer remembers that it was the disk that failed, and not the sender.
type writer struct {
	w   io.Writer
	err error
}

// Write implements [io.Writer].
func (d *writer) Write(p []byte) (int, error) {
	n, err := d.w.Write(p)
	if err != nil {
		d.err = err
	}
	return n, err
}
