package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// laterCommands are named in the contract and come with the service. They say so
// and fail: nothing pretends.
func laterCommands() []*cobra.Command {
	var commands []*cobra.Command
	for _, c := range [...]struct{ use, short string }{
		{"serve", "the service: store, steps, API"},
		{"export BUNDLE", "a bundle out of the service's database"},
		{"token", "API tokens of the service"},
		{"audit", "the audit chain of the service"},
	} {
		commands = append(commands, &cobra.Command{
			Use: c.use, Short: c.short + " (chưa có trong phiên bản này · not in this version)",
			DisableFlagParsing: true,
			RunE: func(cmd *cobra.Command, _ []string) error {
				return fmt.Errorf("%q comes with the service and is not in this version: the steps seal, sign, minutes, "+
					"verify and prove work on files (chưa có trong phiên bản này; hãy dùng các lệnh trên tệp)", cmd.Name())
			},
		})
	}
	return commands
}
