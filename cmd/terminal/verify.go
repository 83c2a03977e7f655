package terminal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kytiem/certs"
	"kytiem/verify"
)

// VerifyCommand is kytiem verify.
func VerifyCommand() *cobra.Command {
	var content, trust, at, passFile string
	var domains []string
	var offline, asJSON bool
	cmd := &cobra.Command{
		Use:   "verify FILE...",
		Short: "kiểm tra văn bản, chữ ký, bằng chứng, thư mục hồ sơ · verify documents, signatures, proofs, bundle directories",
		Long: "Verifies signed PDF documents, .p7s signatures with their content, proofs, and bundle directories.\n" +
			"Exit codes: 0 all TOTAL_PASSED, 1 some TOTAL_FAILED, 2 INDETERMINATE, 3 no signature, 4 error; over several inputs 4 > 1 > 3 > 2 > 0.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			CollectSeldom(collectAt)
			v, err := NewVerifier(trust, at, offline)
			if err != nil {
				return err
			}
			if v.Domains, err = acceptedDomains(cmd.Flags().Changed("domain"), domains); err != nil {
				return err
			}
			if passFile != "" {
				if v.Password, err = ReadPassword(passFile); err != nil {
					return err
				}
			}
			var reports []*verify.Report
			var verdicts []verify.Indication
			failed := false
			for _, path := range args {
				report, err := verifyPath(cmd.Context(), v, path, content)
				if err != nil {
					fmt.Fprintln(cmd.ErrOrStderr(), "kytiem: "+Explain(err, Hints()))
					failed = true
					continue
				}
				reports = append(reports, report)
				verdicts = append(verdicts, report.Verdict)
			}
			if err := printReports(cmd.OutOrStdout(), reports, asJSON, len(args) > 1); err != nil {
				return err
			}
			code := verify.ExitCode(verdicts...)
			if failed {
				code = ExitError
			}
			if code != 0 {
				return Exit(code)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&content, "content", "", "content of a detached signature")
	flags.StringVar(&trust, "trust", "", "directory of trust anchors (default KYTIEM_TRUST)")
	flags.StringSliceVar(&domains, "domain", nil, "trust domain in which signers' paths may end, public or official; several are divided by commas (default KYTIEM_VERIFY_DOMAINS, or all)")
	flags.StringVar(&at, "at", "", "validation time, RFC 3339 (default now)")
	flags.StringVar(&passFile, "password-file", "", "file with the password of encrypted documents")
	flags.BoolVar(&offline, "offline", false, "open no connection")
	flags.BoolVar(&asJSON, "json", false, "print the report as JSON")
	return cmd
}

// collectAt is where memory is cleared up as often as needed. The limits of packages pades
// and verify hold what one file takes below it; without it as much again could lie about.
const collectAt = 200 << 20

// NewVerifier makes a verifier with the anchors of a directory, of KYTIEM_TRUST if
// none is named, or without any. On the command line the addresses in certificates
// may be private: it is the user's own machine that asks.
func NewVerifier(trust, at string, offline bool) (*verify.Verifier, error) {
	v := &verify.Verifier{Revocation: certs.Offline{}}
	if !offline {
		v.Revocation = &certs.HTTP{AllowPrivate: true}
	}
	if trust == "" {
		trust = os.Getenv("KYTIEM_TRUST")
	}
	if trust != "" {
		anchors, err := certs.LoadAnchors(trust)
		if err != nil {
			return nil, err
		}
		v.Anchors = anchors
	}
	if at != "" {
		t, err := time.Parse(time.RFC3339, at)
		if err != nil {
			return nil, errors.New("--at is a time like 2021-12-01T08:00:00+07:00 (RFC 3339)")
		}
		v.At = t
	}
	return v, nil
}

// acceptedDomains are the trust domains that the flag names or, without it, the setting that
// the service has for the same.
func acceptedDomains(said bool, names []string) ([]certs.Domain, error) {
	if set := os.Getenv("KYTIEM_VERIFY_DOMAINS"); !said && set != "" {
		names = strings.Split(set, ",")
	}
	domains := make([]certs.Domain, len(names))
	for i, name := range names {
		if err := domains[i].UnmarshalText([]byte(strings.TrimSpace(name))); err != nil {
			return nil, err
		}
	}
	return domains, nil
}

var errPassword = errors.New("not a password of the document")

// verifyPath finds out what a path holds from its content and verifies it.
func verifyPath(ctx context.Context, v *verify.Verifier, path, content string) (*verify.Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(filepath.Clean(path))
	if info.IsDir() {
		return v.Directory(ctx, name, os.DirFS(path))
	}
	data, err := ReadFile(path, verify.MaxDocumentBytes)
	if err != nil {
		return nil, err
	}
	switch {
	case v.Password != "" && verify.WrongPassword(data, v.Password):
		return nil, fmt.Errorf("%s: %w", path, errPassword)
	case verify.IsPDF(data):
		return v.PDF(ctx, name, data), nil
	case bytes.HasPrefix(data, []byte(`{"digests":`)):
		return v.Proof(ctx, name, data), nil
	}
	signed, err := contentOf(path, content)
	if err != nil {
		return nil, err
	}
	report, err := v.Detached(ctx, name, data, signed)
	if err != nil {
		return nil, fmt.Errorf("%w; accepted are signed PDFs, CMS signatures, proofs and bundle directories", err)
	}
	return report, nil
}

// contentOf reads the content of a detached signature: the named file, or what lies
// beside it under the same name with another ending. nil where there is none.
func contentOf(path, content string) ([]byte, error) {
	if content != "" {
		return ReadFile(content, verify.MaxDocumentBytes)
	}
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	for _, candidate := range []string{stem, stem + ".json", stem + ".pdf", stem + ".xml", stem + ".txt"} {
		if candidate == path {
			continue
		}
		info, err := os.Stat(candidate)
		if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			continue
		}
		return ReadFile(candidate, verify.MaxDocumentBytes)
	}
	return nil, nil
}

// printReports prints one report, or several in an array.
func printReports(w io.Writer, reports []*verify.Report, asJSON, several bool) error {
	if !asJSON {
		for _, r := range reports {
			if err := r.WriteText(w); err != nil {
				return err
			}
		}
		return nil
	}
	if !several {
		if len(reports) == 0 {
			return nil // the input could not be read, which has been said
		}
		out, err := reports[0].JSON()
		if err != nil {
			return err
		}
		_, err = w.Write(out)
		return err
	}
	if reports == nil {
		reports = []*verify.Report{}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(reports)
}
