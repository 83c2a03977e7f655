package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kytiem/attest"
	"kytiem/store"
)

func tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "mã truy cập API · API tokens of the service",
	}
	cmd.AddCommand(tokenCreateCommand(), tokenListCommand(), tokenRevokeCommand())
	return cmd
}

func tokenCreateCommand() *cobra.Command {
	var role, unit, account, name string
	var days int
	cmd := &cobra.Command{
		Use:   "create --role ROLE [--unit CODE]",
		Short: "tạo mã, chỉ in ra một lần · make a token, printed once",
		Long: "Makes a token for an account, and the account if --account names none, in the database KYTIEM_DATABASE. The token is\n" +
			"printed alone on standard output and kept nowhere.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (role == "") == (account == "") || days < 1 || days > 3650 {
				return errors.New("cần --role hoặc --account, và --days từ 1 đến 3650 · needs either --role or --account, and --days 1 to 3650")
			}
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				if account == "" {
					a, err := s.AddAccount(cmd.Context(), attest.Operator(), name, attest.Role(role), unit)
					if err != nil {
						return fmt.Errorf("adding an account: %w", err)
					}
					account = a.ID
				}
				issued, err := s.IssueToken(cmd.Context(), attest.Operator(), account, time.Duration(days)*24*time.Hour)
				if err != nil {
					return fmt.Errorf("issuing a token: %w", err)
				}
				fmt.Fprintf(cmd.ErrOrStderr(), "account %s, token %s, %s\n", account, issued.ID, issued.ExpiresAt.UTC().Format(time.DateOnly))
				_, err = fmt.Fprintln(cmd.OutOrStdout(), issued.Secret)
				return err
			})
		},
	}
	var roles []string
	for _, r := range attest.Roles() {
		roles = append(roles, string(r))
	}
	cmd.Flags().StringVar(&role, "role", "", "role of a new account: "+strings.Join(roles, ", "))
	cmd.Flags().StringVar(&unit, "unit", "", "code of its unit; none for verifier and admin")
	cmd.Flags().StringVar(&name, "name", "API", "what the account is called; of health and police it is printed in lists")
	cmd.Flags().StringVar(&account, "account", "", "id of an account that exists, instead of --role")
	cmd.Flags().IntVar(&days, "days", int(attest.DefaultTokenLife/(24*time.Hour)), "days that the token is good for")
	return cmd
}

func tokenListCommand() *cobra.Command {
	var unit string
	cmd := &cobra.Command{
		Use:   "list [--unit CODE]",
		Short: "các tài khoản và mã của một đơn vị · accounts and tokens of a unit, or of those above units",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				return listTokens(cmd.Context(), cmd.OutOrStdout(), s, unit)
			})
		},
	}
	cmd.Flags().StringVar(&unit, "unit", "", "code of the unit; empty for accounts above units")
	return cmd
}

func listTokens(ctx context.Context, w io.Writer, s *service, unit string) error {
	accounts, err := everyPage(func(p store.Page) ([]attest.Account, string, error) {
		return s.Accounts(ctx, attest.Operator(), unit, p)
	})
	if err != nil {
		return fmt.Errorf("listing accounts: %w", err)
	}
	now := time.Now()
	for _, a := range accounts {
		tokens, err := everyPage(func(p store.Page) ([]attest.Token, string, error) { return s.Tokens(ctx, attest.Operator(), a.ID, p) })
		if err != nil {
			return fmt.Errorf("listing tokens: %w", err)
		}
		for _, t := range tokens {
			state := "live"
			switch {
			case !t.RevokedAt.IsZero():
				state = "revoked"
			case !a.DisabledAt.IsZero():
				state = "disabled"
			case t.ExpiresAt.Before(now):
				state = "expired"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.ID, state, a.ID, a.Role, t.ExpiresAt.UTC().Format(time.DateOnly))
		}
	}
	return nil
}

// everyPage reads a list to its end.
func everyPage[T any](read func(store.Page) ([]T, string, error)) ([]T, error) {
	var all []T
	for p := (store.Page{Limit: store.MaxPage}); ; {
		part, next, err := read(p)
		if err != nil {
			return nil, err
		}
		all = slices.Concat(all, part)
		if p.After = next; next == "" {
			return all, nil
		}
	}
}

func tokenRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke TOKEN-ID",
		Short: "thu hồi một mã ngay lập tức · revoke a token at once (the id, not the token)",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.HasPrefix(args[0], attest.TokenPrefix) {
				return errors.New("cần số hiệu của mã (kytiem token list), không phải chính mã đó · the id of the token, not the token itself")
			}
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				return s.RevokeToken(cmd.Context(), attest.Operator(), args[0])
			})
		},
	}
}
