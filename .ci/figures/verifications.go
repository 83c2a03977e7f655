package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"time"

	"kytiem/bundle"
	"kytiem/certs"
	"kytiem/verify"
)

// verifications measures verdicts over HTTP: a signed document of some 150 KB is uploaded by anybody, from ten thousand
// addresses, at a fixed rate; the load runs on the same processors, and so does the authority whose answer about the signer
// is asked for once. Beside it stand judging alone, and a call that does nothing.
func (b *bench) verifications() (err error) {
	database := b.path("verifications.db")
	o, err := b.openOffice(database, 1, communes[:1])
	defer func() { err = errors.Join(err, o.close()) }()
	if err != nil {
		return err
	}
	document, err := o.signedDocument(communes[0], 350)
	if err != nil {
		return err
	}
	judge := func(ctx context.Context, n int) error { return o.verdict(ctx, n, document) }
	if _, err := asFast(b.ctx, 400, 16, judge); err != nil { // what is asked once is asked
		return err
	}
	const rate, bound = 400, 60 * time.Millisecond
	lasting := 250 * time.Second
	if os.Getenv("BENCH_LARGE") == "0" {
		lasting = 20 * time.Second
	}
	first, err := load{rate, lasting / 10, 32}.run(b.ctx, judge)
	if err != nil {
		return err
	}
	before, err := o.servers[0].memory(false)
	if err != nil {
		return err
	}
	rest, err := load{rate, lasting - lasting/10, 32}.run(b.ctx, judge)
	if err != nil {
		return err
	}
	after, err := o.servers[0].memory(false)
	if err != nil {
		return err
	}
	all := append(first, rest...).sorted()
	fastest, err := asFast(b.ctx, 10*rate, 16, judge)
	if err != nil {
		return err
	}
	nothing := caller{url: o.admin.url}
	bare, err := asFast(b.ctx, 10*rate, 16, func(ctx context.Context, _ int) error { return nothing.call(ctx, http.MethodGet, "/livez", nil, nil) })
	if err != nil {
		return err
	}
	alone, err := b.judgingAlone(document)
	if err != nil {
		return err
	}
	p99, flat := all.percentile(99), after <= before+before/10+8
	b.table.bounded(fmt.Sprintf("verdict over HTTP, %d KB, anybody, %d/s, %s calls", len(document)/1000, rate, thousands(len(all))),
		fmt.Sprintf("p99 %s, median %s; %d MB after a tenth, %d MB in the end", short(p99), short(all.percentile(50)), before, after), short(bound)+", flat",
		fmt.Sprintf("as fast as it goes %s; judging alone %s a processor; /livez alone %s", perSecond(10*rate, fastest), perSecond(1, alone), perSecond(10*rate, bare)),
		p99 < bound && flat)
	return nil
}

// signedDocument is one of so many results, signed by the unit's head and not raised.
func (o *office) signedDocument(unit string, results int) ([]byte, error) {
	ids, err := o.ready(unit, 7, results)
	if err != nil {
		return nil, err
	}
	id, _, err := o.seal(unit, len(ids))
	if err != nil {
		return nil, err
	}
	if err := o.signAll(unit, []string{id}); err != nil {
		return nil, err
	}
	head := o.people[unit]["head"]
	request, err := http.NewRequestWithContext(o.ctx, http.MethodGet, head.url+"/v1/bundles/"+id+"/"+bundle.PagesFile, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+head.token)
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(response.Body)
}

// strangers is how many addresses the calls come from: each pays for its own.
const strangers = 10_000

// verdict has a document judged for somebody without a token.
func (o *office) verdict(ctx context.Context, n int, document []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.admin.url+"/v1/verifications", bytes.NewReader(document))
	if err != nil {
		return err
	}
	from := n % strangers
	request.Header.Set("Content-Type", "application/pdf")
	request.Header.Set("X-Forwarded-For", netip.AddrFrom4([4]byte{198, 18, byte(from >> 8), byte(from)}).String())
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && (response.StatusCode != http.StatusOK || !bytes.Contains(answer[:min(len(answer), 64)], []byte(`"TOTAL_PASSED"`))) {
		err = fmt.Errorf("verdict: %s\n%s", response.Status, answer[:min(len(answer), 500)])
	}
	return err
}

// judgingAlone is the time of one verdict in this process, the answer about the signer being known.
func (b *bench) judgingAlone(document []byte) (time.Duration, error) {
	anchors, err := certs.LoadAnchors(b.path("trust"))
	if err != nil {
		return 0, err
	}
	v := &verify.Verifier{Anchors: anchors, Revocation: &certs.HTTP{AllowPrivate: true}}
	times, err := inTurns(401, func() error {
		if r := v.PDF(b.ctx, bundle.PagesFile, document); r.Verdict != verify.TotalPassed {
			return fmt.Errorf("the document is %s", r.Verdict)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return times[0], nil
}
