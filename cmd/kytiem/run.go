package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"kytiem/attest"
	"kytiem/bundle"
	"kytiem/paper"
	"kytiem/sample"
	"kytiem/web"
)

// runCommand is what `make run` calls: the service as it stands there for a try, with a
// throwaway CA and sample data.
func runCommand() *cobra.Command {
	r := trial{}
	cmd := &cobra.Command{
		Use:    "run",
		Short:  "chạy thử dịch vụ với dữ liệu mẫu · the service for a try, with a throwaway CA and sample data",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&r.dir, "dir", "var", "directory of the database, keys, tokens and samples")
	cmd.Flags().StringVar(&r.listen, "listen", "127.0.0.1:8080", "address of the service")
	cmd.Flags().StringVar(&r.ca, "ca", "127.0.0.1:8089", "address of the throwaway CA; certificates carry it")
	return cmd
}

// trial is the service with all that it needs beside it, in one directory.
type trial struct {
	dir, listen, ca string
}

func (r *trial) path(name ...string) string {
	return filepath.Join(append([]string{r.dir}, name...)...)
}

func (r *trial) run(ctx context.Context, out, stderr io.Writer) error {
	for _, address := range []string{r.listen, r.ca} {
		if err := free(ctx, address); err != nil {
			return err
		}
	}
	for _, name := range []string{"tokens", "sample"} {
		if err := os.MkdirAll(r.path(name), 0o700); err != nil {
			return err
		}
	}
	unit, ok := sample.Unit(demoUnit)
	if !ok {
		return fmt.Errorf("sample unit %s: %w", demoUnit, bundle.ErrUnitUnknown)
	}
	ca, err := r.startCA(ctx, unit)
	if err != nil {
		return err
	}
	defer ca.stop()
	s, err := r.settings(ca)
	if err != nil {
		return err
	}
	return s.with(ctx, stderr, serving, func(one *service) error {
		one.sample = &web.Sample{Dir: r.dir, Unit: demoUnit, Name: paper.Issuer(bundle.NameOf(unit)), Seeded: seedRows, Fresh: freshRows}
		who, err := r.seed(ctx, one)
		if err != nil {
			return fmt.Errorf("loading sample data: %w", err)
		}
		return one.serve(ctx, func(url string) { r.greet(out, url, who) })
	})
}

// free asks for an address before anything else begins. devca would say too that it is
// taken, but only in its own words.
func free(ctx context.Context, address string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("trying %s: %w", address, err)
	}
	return listener.Close()
}

// startCA starts devca on an address that stays: certificates of an earlier run name it. It
// outlives ctx, by which calls under way end that still ask it.
func (r *trial) startCA(ctx context.Context, unit bundle.Unit) (*devca, error) {
	return spawnDevca(context.WithoutCancel(ctx), r.path(), []profile{headOf(unit), {
		"name": "service", "kind": "organisation", "common_name": "Ký Tiêm (thử nghiệm)",
		"organization": "Ký Tiêm (thử nghiệm)", "identifiers": []string{"MST:0000075999"}, "key": "rsa2048",
	}}, "--listen", r.ca)
}

// settings are the environment's, such as they are, with what makes the trial one.
func (r *trial) settings(ca *devca) (settings, error) {
	return readSettings(append(os.Environ(),
		"KYTIEM_LISTEN="+r.listen, "KYTIEM_DATABASE="+r.path("kytiem.db"), "KYTIEM_TRUST="+r.path("trust"),
		"KYTIEM_REVOCATION=private", "KYTIEM_TSA="+ca.URL+"/tsa",
		"KYTIEM_KEY="+ca.key("service.p12"), "KYTIEM_KEY_PASSWORD_FILE="+ca.key("service.pass")))
}

// greet says where the service is and who may do what there.
func (r *trial) greet(out io.Writer, url string, who []seeded) {
	fmt.Fprintf(out, "\nKý Tiêm · %s\n\nMở trang trên để xem các bước với dữ liệu mẫu (không có thật).\n"+
		"Open that page for the steps with sample data (nobody in it exists).\n\n", url)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "vai trò · role\tđơn vị · unit\ttài khoản · account\tmã truy cập · token")
	for _, w := range who {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", w.role, orDash(w.unit), w.account, r.path("tokens", string(w.role)))
	}
	_ = table.Flush() // the terminal
	fmt.Fprint(out, "\nCtrl-C: dừng · stop\n")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// seeded is the sample account of one role.
type seeded struct {
	role    attest.Role
	unit    string
	account string
	actor   attest.Actor
}
