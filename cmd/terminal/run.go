package terminal

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
	ExitNothing = 1
	ExitError   = 4
)

// Exit is an error that ends the process with a code of its own. Its message, if
// any, has been printed already.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Root is the command of which all others are parts. It prints no errors: [Run] does.
func Root(commands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:           "kytiem",
		Short:         "Ký Tiêm: xác nhận dữ liệu kết quả tiêm · attest verified vaccination results",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	cmd.AddCommand(commands...)
	return cmd
}

// Run takes the command that the process was started with, and ends the process. explain
// puts an error into words.
func Run(root *cobra.Command, explain func(error) string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends the work, a second one the process
	err := root.ExecuteContext(ctx)
	stop()
	var code Exit
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	default:
		fmt.Fprintln(os.Stderr, "kytiem: "+explain(err))
		os.Exit(ExitError)
	}
}
