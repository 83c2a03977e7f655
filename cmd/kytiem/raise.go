package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kytiem/certs"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
	"kytiem/signer"
)

var (
	errNoTSA   = errors.New("no time-stamping authority")
	errNoTrust = errors.New("no trust anchors")
)

// levelFlags say how far signatures are raised and by whom.
type levelFlags struct {
	tsas           []string
	user, passFile string
	timeout        time.Duration
	level, trust   string
}

func (f *levelFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.tsas, "tsa", nil, "URL of a time-stamping authority (RFC 3161); repeated, they are asked in order")
	flags.StringVar(&f.user, "tsa-user", "", "user name at the authorities")
	flags.StringVar(&f.passFile, "tsa-pass-file", "", "file with the password there")
	flags.DurationVar(&f.timeout, "tsa-timeout", 30*time.Second, "how long an authority is waited for, at most 3m")
	flags.StringVar(&f.level, "level", "", "B-B, B-T, B-LT or B-LTA (default B-LTA with --tsa, B-B without)")
	flags.StringVar(&f.trust, "trust", "", "directory of trust anchors (default KYTIEM_TRUST)")
}

// extender is nil for level B-B. As in verifying on the command line, the addresses in
// certificates may be private: it is the user's own machine that asks.
func (f *levelFlags) extender(anchors certs.Anchors) (*signer.Extender, signer.Level, error) {
	level := signer.LevelB
	if len(f.tsas) > 0 {
		level = signer.LevelLTA
	}
	if f.level != "" {
		var err error
		if level, err = signer.ParseLevel(f.level); err != nil {
			return nil, "", fmt.Errorf("--level: %w", err)
		}
	}
	switch {
	case level == signer.LevelB:
		return nil, level, nil
	case len(f.tsas) == 0:
		return nil, level, fmt.Errorf("--level %s: %w", level, errNoTSA)
	case len(anchors.TSA) == 0 || len(anchors.CA) == 0:
		return nil, level, fmt.Errorf("--level %s: %w", level, errNoTrust)
	}
	source := &certs.HTTP{AllowPrivate: true}
	var password string
	if f.passFile != "" {
		var err error
		if password, err = terminal.ReadPassword(f.passFile); err != nil {
			return nil, level, err
		}
	}
	authorities := &signer.Authorities{}
	for _, url := range f.tsas {
		authorities.TSAs = append(authorities.TSAs, &signer.TSA{
			URL: url, User: f.user, Password: password, Anchors: anchors, Revocation: source, Timeout: f.timeout,
		})
	}
	return &signer.Extender{Timestamper: authorities, Anchors: anchors, Evidence: source}, level, nil
}

func raiseCommand() *cobra.Command {
	var levels levelFlags
	cmd := &cobra.Command{
		Use:   "raise DIR --tsa URL",
		Short: "nâng mức chữ ký của hồ sơ đã ký, hoặc gia hạn dấu thời gian lưu trữ · raise the signatures of a signed bundle, or renew their archive time-stamps",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			v, err := terminal.NewVerifier(levels.trust, "", false)
			if err != nil {
				return err
			}
			o := dossier.RaiseOptions{Verifier: v}
			if o.Extender, o.Level, err = levels.extender(v.Anchors); err != nil {
				return err
			}
			if o.Extender == nil {
				return fmt.Errorf("raising: %w", errNoTSA)
			}
			report, err := dossier.Raise(cmd.Context(), args[0], o)
			if report != nil {
				err = errors.Join(err, report.WriteText(cmd.OutOrStdout()))
			}
			return err
		},
	}
	levels.register(cmd.Flags())
	return cmd
}
