// Command kytiem-token loads a vendor's PKCS #11 library on behalf of kytiem and of the desk agent, lists certificates
// or signs with it, and ends: one question on standard input, its answers on standard output (package token). It is a
// program of its own because such a library can hang, crash and print, and because loading it needs a C library, which
// the service does not. It is not for use by hand.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"

	"kytiem/token"
)

func main() {
	runtime.LockOSThread() // of all calls into the library, see package pkcs11
	if len(os.Args) > 1 {
		fmt.Fprintln(os.Stderr, "kytiem-token: kytiem gọi chương trình này · is called by kytiem, not by hand")
		os.Exit(2)
	}
	out, err := guard()
	if err == nil {
		err = token.Serve(os.Stdin, out, func(q token.Question, say func(token.Answer) error) error {
			go lifeline()
			return answer(q, say)
		})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kytiem-token:", err)
		os.Exit(1)
	}
}

// lifeline ends the process when its parent is gone, even while a call into the library
// hangs.
func lifeline() {
	io.Copy(io.Discard, os.Stdin) //nolint:errcheck // gone is gone
	os.Exit(1)
}
