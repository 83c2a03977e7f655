// Command front is what make build installs as kytiem. It verifies by itself and hands every other command over to the
// program kytiem-service, which is cmd/kytiem and knows them all, verify too. Go sets up every package that a program is
// made of before main: the service's take longer than a verdict does, so that whoever has a thousand documents to verify,
// a process each, would wait for web frameworks and spreadsheets. It decides by the first argument and does nothing else.
package main

import (
	"fmt"
	"os"
	"syscall"

	"kytiem/cmd/terminal"
	"kytiem/program"
)

// service is the program that every command but verify is handed over to.
const service = "kytiem-service"

func main() {
	if len(os.Args) > 1 && os.Args[1] == "verify" {
		terminal.Run(terminal.Root(terminal.VerifyCommand()), explain)
		return
	}
	err := handOver()
	fmt.Fprintln(os.Stderr, "kytiem: "+explain(err))
	os.Exit(terminal.ExitError)
}

// handOver has the service take this process's place, with its number, environment and
// arguments, so that whoever sends a signal or waits for the end finds what was started. It
// comes back with an error only.
func handOver() error {
	path, err := program.Find(service)
	if err != nil {
		return err
	}
	if err := syscall.Exec(path, os.Args, os.Environ()); err != nil {
		return fmt.Errorf("handing over to %s: %w", path, err)
	}
	return nil
}

func explain(err error) string { return terminal.Explain(err, terminal.Hints()) }
