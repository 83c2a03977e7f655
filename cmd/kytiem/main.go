// Command kytiem bundles verified vaccination results, has them signed, draws joint
// minutes where there is no certificate, and verifies documents and single results.
// It is wiring only: each command reads its flags, calls one step, and prints.
package main

import (
	"github.com/spf13/cobra"

	"kytiem/cmd/terminal"
)

func main() { terminal.Run(root(), explainError) }

func root() *cobra.Command {
	return terminal.Root(demoCommand(), sealCommand(), signCommand(), countersignCommand(), raiseCommand(), minutesCommand(), terminal.VerifyCommand(),
		proveCommand(), serveCommand(), runCommand(), exportCommand(), tokenCommand(), trustCommand(), auditCommand(), backupCommand(), restoreCommand())
}
