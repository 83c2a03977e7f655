package main

import (
	"bufio"
	"fmt"
	"os"
	"time"
)

// What any file must be answered within (verification.md, 7).
const (
	hostileTime = 10 * time.Second
	hostilePeak = 256 // MB
)

// hostile measures kytiem verify on files that are made to take its time and its memory.
// They are written piece by piece: what this process holds at a start is counted to the
// one it starts.
func (b *bench) hostile() error {
	trust := b.path("hostile-trust")
	if err := os.Mkdir(trust, 0o750); err != nil {
		return err
	}
	people, err := newPeople()
	if err != nil {
		return err
	}
	if err := os.WriteFile(b.path("hostile-trust", "root.der"), people.root.Raw, 0o600); err != nil {
		return err
	}
	var slowest, largest struct {
		name string
		usage
	}
	all := people.files()
	for _, file := range all {
		path := b.path("hostile.pdf")
		if err := write(path, file.write); err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		u, _, err := b.run([]int{1, 2, 3, 4}, program, "verify", path, "--offline", "--trust", trust)
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if u.wall > slowest.wall {
			slowest.name, slowest.usage = file.name, u
		}
		if u.peak > largest.peak {
			largest.name, largest.usage = file.name, u
		}
	}
	b.table.bounded(fmt.Sprintf("kytiem verify, %d hostile files, whole processes, the worst", len(all)),
		fmt.Sprintf("%s, %d MB", short(slowest.wall), largest.peak), fmt.Sprintf("%s, %d MB", short(hostileTime), hostilePeak),
		fmt.Sprintf("slowest: %s; largest: %s", slowest.name, largest.name), slowest.wall <= hostileTime && largest.peak <= hostilePeak)
	return os.Remove(b.path("hostile.pdf"))
}

// write makes one file, through a small buffer.
func write(path string, content func(*document) error) error {
	f, err := os.Create(path) //nolint:gosec // G304: in the bench's own directory
	if err != nil {
		return err
	}
	d := &document{file: f, w: bufio.NewWriterSize(f, 1<<16)}
	d.printf("%%PDF-1.7\n%%\xe2\xe3\xcf\xd3\n")
	if err = content(d); err == nil {
		err = d.w.Flush()
	}
	if err == nil && d.hole > 0 {
		_, err = f.WriteAt(fmt.Appendf(nil, "%-40s", fmt.Sprintf("[0 %d %d %d]", d.gap[0], d.gap[1], d.signed-d.gap[1])), d.hole)
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

// hostileFile is one of them.
type hostileFile struct {
	name  string
	write func(*document) error
}

func (p *people) files() []hostileFile {
	return append(p.parsing(), p.judging()...)
}
