package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"kytiem/bundle"
	"kytiem/cmd/terminal"
	"kytiem/dossier"
	"kytiem/sample"
	"kytiem/signer"
	"kytiem/verify"
)

func demoCommand() *cobra.Command {
	d := demo{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "toàn bộ quy trình với dữ liệu mẫu · the main job end to end with sample data",
		Long: "Makes sample results, seals them, draws minutes as a unit without a certificate would, signs them as a unit with one\n" +
			"does, and verifies. A throwaway CA (devca) runs as its own process meanwhile. Exit 0 only if the verdict is TOTAL_PASSED.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d.out = cmd.OutOrStdout()
			return d.run(cmd.Context())
		},
	}
	cmd.Flags().IntVar(&d.rows, "rows", 300, "rows of sample results")
	cmd.Flags().StringVar(&d.dir, "dir", "", "new directory to work in (default a temporary one)")
	return cmd
}

// demo walks one unit through the main job twice: without a certificate and with
// one.
type demo struct {
	rows int
	dir  string
	out  io.Writer

	unit bundle.Unit
	ca   *devca
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) path(name ...string) string {
	return filepath.Join(append([]string{d.dir}, name...)...)
}

func (d *demo) run(ctx context.Context) error {
	if err := d.prepare(); err != nil {
		return err
	}
	d.say("\n1. Tổ chức chứng thực thử nghiệm · a throwaway CA")
	ca, err := startDevca(ctx, d.path(), d.unit)
	if err != nil {
		return err
	}
	defer ca.stop()
	d.ca = ca
	d.say("   %s, chứng thư gốc · anchors %s", ca.URL, d.path("trust"))
	if err := d.minuted(ctx); err != nil {
		return err
	}
	report, err := d.signed(ctx)
	if err != nil {
		return err
	}
	if err := d.proved(ctx); err != nil {
		return err
	}
	d.say("\nThử tiếp · go on from here:\n  kytiem verify %s --trust %s --json\n  pdfsig %s",
		d.path("signed"), d.path("trust"), d.path("signed", bundle.PagesFile))
	d.say("\n%s", report.Verdict)
	if report.Verdict != verify.TotalPassed {
		return terminal.Exit(verify.ExitCode(report.Verdict))
	}
	return nil
}

// prepare makes the directory with a units file and a results file.
func (d *demo) prepare() error {
	if d.dir == "" {
		d.dir = filepath.Join(os.TempDir(), "kytiem-demo-"+strings.ToLower(bundle.NewID()[:8]))
	}
	if _, err := os.Lstat(d.dir); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", d.dir, dossier.ErrExists)
	}
	if err := os.MkdirAll(d.path("input"), 0o700); err != nil {
		return err
	}
	unit, ok := sample.Unit(demoUnit)
	if !ok {
		return fmt.Errorf("sample unit %s: %w", demoUnit, bundle.ErrUnitUnknown)
	}
	d.unit = unit
	if err := os.WriteFile(d.path("input", "units.csv"), sample.Units(), 0o600); err != nil {
		return err
	}
	f, err := os.Create(d.path("input", "results.csv"))
	if err != nil {
		return err
	}
	mix := sample.RealMix()
	mix.Bad = 0.01
	rows := sample.Rows(sample.Options{Seed: 2021, Rows: d.rows, Unit: unit, Mix: mix})
	if err := errors.Join(sample.WriteCSV(f, rows, sample.ExcelCSV()), f.Close()); err != nil {
		return err
	}
	d.say("Kết quả tiêm mẫu (không có thật) của %s · made-up results: %s", unit.FullName, d.path("input", "results.csv"))
	return nil
}

// demoUnit is a commune of the sample units whose certificates carry an identifier.
const demoUnit = "26221"

// seal makes one bundle directory out of the sample results.
func (d *demo) seal(ctx context.Context, name string) error {
	in, err := os.Open(d.path("input", "results.csv"))
	if err != nil {
		return err
	}
	defer in.Close()
	units, unit, err := findUnit(d.path("input", "units.csv"), d.unit.Code)
	if err != nil {
		return err
	}
	printer := &sealPrinter{out: d.out, err: io.Discard, all: io.Discard}
	notReady := d.path(name + ".not-ready.csv")
	sealed, err := dossier.Seal(ctx, dossier.SealOptions{
		Unit: unit, Units: units, Results: in, Out: d.path(name), NotReady: notReady, Found: printer.found,
	})
	if err != nil {
		return err
	}
	printer.summary(sealed, d.path(name), notReady, true)
	return nil
}

// minuted is the way of a unit without a certificate.
func (d *demo) minuted(ctx context.Context) error {
	d.say("\n2. Đơn vị chưa có chứng thư số: niêm phong, lập biên bản · without a certificate: seal, minutes")
	if err := d.seal(ctx, "minuted"); err != nil {
		return err
	}
	parties := d.path("input", "parties.csv")
	if err := os.WriteFile(parties, []byte(demoParties), 0o600); err != nil {
		return err
	}
	o := dossier.MinutesOptions{Reason: "chưa có chứng thư số"}
	if err := drawMinutes(d.path("minuted"), parties, o); err != nil {
		return err
	}
	d.say("   biên bản · minutes: %s", d.path("minuted", bundle.MinutesFile))
	v, err := terminal.NewVerifier(d.path("trust"), "", false)
	if err != nil {
		return err
	}
	report, err := v.Directory(ctx, "minuted", os.DirFS(d.path("minuted")))
	if err != nil {
		return err
	}
	if report.Verdict != verify.NoSignature {
		return fmt.Errorf("minuted directory is %s, expected %s", report.Verdict, verify.NoSignature)
	}
	return report.WriteText(d.out)
}

// demoParties are the parties of a commune's minutes; nobody of these names is
// meant.
const demoParties = `party,name,position,role
Ủy ban nhân dân xã Phú Hòa,Trần Văn Mẫu,Chủ tịch,chair
Trạm Y tế xã Phú Hòa,Nguyễn Thị Thử,Trưởng trạm,secretary
Công an xã Phú Hòa,Lê Văn Ví Dụ,Trưởng Công an xã,member
`

// signed is the way of a unit with a certificate.
func (d *demo) signed(ctx context.Context) (*verify.Report, error) {
	d.say("\n3. Đơn vị có chứng thư số: niêm phong, ký hai bước, nâng lên B-LTA, kiểm tra · with a certificate: seal, sign in two steps, raise to B-LTA, verify")
	if err := d.seal(ctx, "signed"); err != nil {
		return nil, err
	}
	carrier, err := openPKCS12(d.ca.key("head.p12"), d.ca.key("head.pass"))
	if err != nil {
		return nil, err
	}
	v, err := terminal.NewVerifier(d.path("trust"), "", false)
	if err != nil {
		return nil, err
	}
	levels := levelFlags{tsas: []string{d.ca.TSA}}
	extender, _, err := levels.extender(v.Anchors)
	if err != nil {
		return nil, err
	}
	report, err := dossier.Sign(ctx, d.path("signed"), dossier.SignOptions{
		Carrier: carrier, Certificates: carrier.Certificates(), Number: "01", Verifier: v,
		Extender: extender, Level: signer.LevelLTA,
	})
	if err != nil {
		return nil, err
	}
	return report, report.WriteText(d.out)
}

// proved takes one person's result out and checks it.
func (d *demo) proved(ctx context.Context) error {
	d.say("\n4. Kết quả của một người, chỉ mở bốn trường · one person's result, four fields disclosed")
	f, err := os.Open(d.path("signed", bundle.RecordsFile))
	if err != nil {
		return err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	if err != nil {
		return err
	}
	record, err := bundle.ParseRecord(line[:len(line)-1])
	if err != nil {
		return err
	}
	proof, err := dossier.Prove(d.path("signed"), record.ID, []string{"full_name", "dose_number", "vaccinated_on", "vaccine"})
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.path("proof.json"), proof, 0o600); err != nil {
		return err
	}
	v, err := terminal.NewVerifier(d.path("trust"), "", false)
	if err != nil {
		return err
	}
	report := v.Proof(ctx, "proof.json", proof)
	if report.Verdict != verify.TotalPassed {
		return fmt.Errorf("proof is %s: %s", report.Verdict, report.Explain.EN)
	}
	return report.WriteText(d.out)
}
