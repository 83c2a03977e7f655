// Command kytiem bundles verified vaccination results, has them signed, draws joint
// minutes where there is no certificate, and verifies documents and single results.
// It is wiring only: each command reads its flags, calls one step, and prints.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes beside those of verify: a step that found nothing to do, and any
// error.
const (
	exitNothing = 1
	exitError   = 4
)

// exit is an error that ends the process with a code of its own. Its message, if
// any, has been printed already.
type exit struct{ code int }

func (e exit) Error() string { return fmt.Sprintf("exit code %d", e.code) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends the work, a second one the process
	err := root().ExecuteContext(ctx)
	stop()
	var code exit
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(code.code)
	default:
		fmt.Fprintln(os.Stderr, "kytiem: "+explainError(err))
		os.Exit(exitError)
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "kytiem",
		Short:         "Ký Tiêm: xác nhận dữ liệu kết quả tiêm · attest verified vaccination results",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.AddCommand(demoCommand(), sealCommand(), signCommand(), countersignCommand(), raiseCommand(), minutesCommand(), verifyCommand(), proveCommand(),
		serveCommand(), runCommand(), exportCommand(), tokenCommand(), trustCommand(), auditCommand(), backupCommand(), restoreCommand())
	return cmd
}
