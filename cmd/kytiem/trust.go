package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/cmd/terminal"
)

func trustCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "chứng thư gốc tin cậy của dịch vụ · the service's trust anchors",
		Long: "Beside the directory KYTIEM_TRUST, anchors are kept in the database KYTIEM_DATABASE: a change holds on every server at\n" +
			"once, and stands in the audit chain with its reason.",
	}
	cmd.AddCommand(trustListCommand(), trustAddCommand(), trustRemoveCommand())
	return cmd
}

func trustListCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "các chứng thư gốc đang được tin cậy, và đã gỡ · anchors in force, and those removed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				return listAnchors(cmd.Context(), cmd.OutOrStdout(), s)
			})
		},
	}
}

func listAnchors(ctx context.Context, w io.Writer, s *service) error {
	all, err := s.Anchors(ctx, attest.Operator())
	if err != nil {
		return fmt.Errorf("listing anchors: %w", err)
	}
	for _, a := range all {
		state, origin := "removed", "database"
		if len(a.Purposes) > 0 {
			state = joined(a.Purposes)
		}
		if a.Directory {
			origin = "directory"
		}
		domain := string(a.Domain)
		if domain == "" {
			domain = "-"
		}
		if _, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.SHA256, state, domain, origin, period(a.Period)); err != nil {
			return err
		}
	}
	return nil
}

func joined(purposes []certs.Purpose) string {
	var names []string
	for _, p := range purposes {
		names = append(names, string(p))
	}
	return strings.Join(names, ",")
}

// period writes the ends of a time; open ones are empty.
func period(p certs.Period) string {
	ends := [2]string{}
	for i, end := range [...]time.Time{p.From, p.Until} {
		if !end.IsZero() {
			ends[i] = end.UTC().Format(time.RFC3339)
		}
	}
	return ends[0] + "/" + ends[1]
}

// errPurpose is an anchor for something else, or for nothing.
var errPurpose = errors.New("--purpose là ca (người ký), tsa (dấu thời gian) hoặc rs (ký số từ xa) · is one of these")

// errOneAnchor is a file that does not hold one certificate.
var errOneAnchor = errors.New("not one certificate")

// maxAnchorBytes bounds the file of an anchor.
const maxAnchorBytes = 64 << 10

func trustAddCommand() *cobra.Command {
	var domain, from, until, reason string
	var purposes []string
	cmd := &cobra.Command{
		Use:   "add FILE --purpose ca|tsa|rs --reason TEXT",
		Short: "thêm, hoặc đổi mục đích và thời gian của một chứng thư gốc · add an anchor, or change what and when it is for",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(purposes) == 0 {
				return errPurpose
			}
			o := attest.AnchorOrder{Reason: reason}
			content, err := terminal.ReadFile(args[0], maxAnchorBytes)
			if err != nil {
				return err
			}
			found := certs.ParseIssuers(content)
			if len(found) != 1 || bytes.Count(content, []byte("-----BEGIN ")) > 1 {
				return fmt.Errorf("%s: %w", args[0], errOneAnchor)
			}
			o.DER = found[0].Raw
			for _, p := range purposes {
				if !slices.Contains(certs.Purposes(), certs.Purpose(p)) {
					return errPurpose
				}
				o.Purposes = append(o.Purposes, certs.Purpose(p))
			}
			if domain != "" {
				if err := o.Domain.UnmarshalText([]byte(domain)); err != nil {
					return err
				}
			}
			if o.Period.From, err = instantOf("--from", from); err != nil {
				return err
			}
			if o.Period.Until, err = instantOf("--until", until); err != nil {
				return err
			}
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				a, err := s.AddAnchor(cmd.Context(), attest.Operator(), o)
				if err != nil {
					return fmt.Errorf("adding an anchor: %w", err)
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), a.SHA256)
				return err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&purposes, "purpose", nil, "ca (signers), tsa (time-stamps), rs (remote signing); several with commas")
	flags.StringVar(&domain, "domain", "", "public, or official (official-duty authorities)")
	flags.StringVar(&from, "from", "", "trusted since, RFC 3339")
	flags.StringVar(&until, "until", "", "trusted until, RFC 3339")
	flags.StringVar(&reason, "reason", "", "why; it is kept")
	return cmd
}

func trustRemoveCommand() *cobra.Command {
	var since, reason string
	cmd := &cobra.Command{
		Use:   "remove SHA256 --reason TEXT [--since TIME]",
		Short: "gỡ một chứng thư gốc · take an anchor out of force",
		Long: "With --since, what is proven to be from before that time still passes, as with an authority that closed. Without it\n" +
			"nothing does any more, as with one that should never have been here.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var sum bundle.HexHash
			if err := sum.UnmarshalText([]byte(args[0])); err != nil {
				return fmt.Errorf("%s is no SHA-256 (kytiem trust list): %w", args[0], attest.ErrNotFound)
			}
			at, err := instantOf("--since", since)
			if err != nil {
				return err
			}
			return withService(cmd.Context(), cmd.ErrOrStderr(), func(s *service) error {
				if _, err := s.RemoveAnchor(cmd.Context(), attest.Operator(), sum, at, reason); err != nil {
					return fmt.Errorf("removing an anchor: %w", err)
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "not trusted since, RFC 3339")
	cmd.Flags().StringVar(&reason, "reason", "", "why; it is kept")
	return cmd
}

// instantOf reads a time that may be left out.
func instantOf(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s ghi như 2026-01-31T00:00:00+07:00 (RFC 3339) · is written so", flag)
	}
	return t, nil
}
