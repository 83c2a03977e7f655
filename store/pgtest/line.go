package pgtest

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Line is a way to a database that can be cut at any message.
type Line struct {
	address string
	socket  string // the server's

	mutex sync.Mutex
	left  int // messages until it is cut; 0: it is not to be
	cut   bool
}

// answerTime is what a server gets to answer a message whose answer is lost.
const answerTime = time.Second

// NewLine lays a line to a database for the time of the test.
func NewLine(t testing.TB, database string) *Line {
	t.Helper()
	at, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	directory, err := os.MkdirTemp("/tmp", "ktln") // not t.TempDir, as with Start
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	query := at.Query()
	l := &Line{socket: filepath.Join(query.Get("host"), socket)}
	query.Set("host", directory)
	at.RawQuery = query.Encode()
	l.address = at.String()
	listener, err := net.Listen("unix", filepath.Join(directory, socket)) //nolint:noctx // for the time of the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = listener.Close()
		_ = os.RemoveAll(directory)
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go l.carry(client)
		}
	}()
	return l
}

// Address is the database's address by this line.
func (l *Line) Address() string { return l.address }

// CutAt has the connection that brings the n-th message from now on lost with the answer to
// it, once.
func (l *Line) CutAt(n int) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.left, l.cut = n, false
}

// Mend has no connection lost any more, and reports whether one was.
func (l *Line) Mend() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.left = 0
	return l.cut
}

// last counts a message, and reports whether it is the one.
func (l *Line) last() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.left == 0 {
		return false
	}
	l.left--
	l.cut = l.left == 0
	return l.cut
}

// carry carries one connection. What a client writes at once is a message. When the line is
// cut, what was asked has happened before the client hears of it.
func (l *Line) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", l.socket) //nolint:noctx // ends with the client
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer client.Close()
		answer := make([]byte, 1<<16)
		for {
			n, err := server.Read(answer)
			if err != nil || lost.Load() {
				return
			}
			if _, err := client.Write(answer[:n]); err != nil {
				return
			}
		}
	}()
	message := make([]byte, 1<<20)
	for {
		n, err := client.Read(message)
		if err != nil {
			return
		}
		last := l.last()
		lost.Store(last)
		if _, err := server.Write(message[:n]); err != nil {
			return
		}
		if last {
			select {
			case <-ended:
			case <-time.After(answerTime):
			}
			return
		}
	}
}
