package api

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// heavyPatience is how long a heavy call waits for its turn: long enough for a burst, short
// enough for a caller to try another server.
const heavyPatience = 5 * time.Second

// queueFactor is how many heavy calls may wait for each that runs. Those beyond would only
// hold memory until their patience is over. signingFactor is that of calls that draw or
// complete documents for signing: each takes some hundredths of a second and a few
// megabytes, so that many can wait for their turn, and many at once would only get in each
// other's way.
const (
	queueFactor   = 8
	signingFactor = 32
)

// streamsOfOne is how many streams of events one account may watch at once: a head has few
// requests open, and each stream asks the database every second.
const streamsOfOne = 8

// watching counts the streams of events of each account.
type watching struct {
	mutex sync.Mutex
	of    map[string]int
}

// enter adds a stream, or is errStreams. Who entered has to leave.
func (w *watching) enter(account string) error {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.of[account] >= streamsOfOne {
		return errStreams
	}
	w.of[account]++
	return nil
}

func (w *watching) leave(account string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.of[account]--; w.of[account] == 0 {
		delete(w.of, account)
	}
}

// gate lets so many in at once.
type gate struct {
	slots    chan struct{}
	queue    chan struct{}
	patience time.Duration
}

func newGate(n, waiting int, patience time.Duration) *gate {
	return &gate{slots: make(chan struct{}, n), queue: make(chan struct{}, waiting), patience: patience}
}

// enter takes a place, or is errOverload. Who entered has to leave.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.patience == 0 {
		return errOverload
	}
	select {
	case g.queue <- struct{}{}:
		defer func() { <-g.queue }()
	default:
		return errOverload
	}
	over := time.NewTimer(g.patience)
	defer over.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-over.C:
		return errOverload
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (g *gate) leave() { <-g.slots }

// heavily runs what takes processor and memory, one of few at a time.
func heavily[T any](ctx context.Context, c *call, do func(context.Context) (T, error)) (outcome T, err error) {
	return through(ctx, c.api.heavy, do)
}

// through runs do within a gate.
func through[T any](ctx context.Context, g *gate, do func(context.Context) (T, error)) (outcome T, err error) {
	if err := g.enter(ctx); err != nil {
		return outcome, err
	}
	defer g.leave()
	return do(ctx)
}

// recent is a table of bounded size, which forgets what was not asked for since a while. It
// is kept in two halves: when the young one is full it becomes the old one, and the old one
// is let go.
type recent[K comparable, V any] struct {
	most       int
	young, old map[K]V
}

func newRecent[K comparable, V any](most int) recent[K, V] {
	return recent[K, V]{most: most, young: make(map[K]V)}
}

func (r *recent[K, V]) find(key K) (V, bool) {
	v, is := r.young[key]
	if !is {
		v, is = r.old[key]
	}
	return v, is
}

func (r *recent[K, V]) keep(key K, v V) {
	if _, is := r.young[key]; !is && len(r.young) >= r.most/2 {
		r.young, r.old = make(map[K]V), r.young
	}
	r.young[key] = v
}

// purseCount bounds the table of purses. Beyond it those who came long ago are forgotten,
// which leaves them a full one.
const purseCount = 20_000

// purses hold what each address may still ask without a token that is good.
type purses struct {
	limit rate.Limit
	burst int

	mutex sync.Mutex
	recent[netip.Prefix, *rate.Limiter]
}

func newPurses(limit, burst rate.Limit) *purses {
	return &purses{limit: limit, burst: max(int(burst), priceOfVerification), recent: newRecent[netip.Prefix, *rate.Limiter](purseCount)}
}

// of finds the purse of an address.
func (p *purses) of(address netip.Addr) *rate.Limiter {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	who := household(address)
	purse, is := p.find(who)
	if !is {
		purse = rate.NewLimiter(p.limit, p.burst)
	}
	p.keep(who, purse)
	return purse
}

// spend takes a price out of an address's purse, or is errRate.
func (p *purses) spend(address netip.Addr, price int) error {
	if price == 0 || p.of(address).AllowN(time.Now(), price) {
		return nil
	}
	return errRate
}

// affords reports whether there is a price in an address's purse.
func (p *purses) affords(address netip.Addr, price int) bool {
	return p.of(address).TokensAt(time.Now()) >= float64(price)
}

// charge takes a price out of an address's purse that may have become empty since it was
// looked into: it is owed then, and nothing can be spent before it is paid.
func (p *purses) charge(address netip.Addr, price int) { p.of(address).ReserveN(time.Now(), price) }

// household is what shares a purse: an IPv4 address, or the network of 64 bits that one
// subscriber gets with IPv6, who could else come from a new address each time.
func household(address netip.Addr) netip.Prefix {
	bits := 64
	if address.Is4() {
		bits = 32
	}
	p, err := address.Prefix(bits)
	if err != nil { // the zero address: nobody knows
		return netip.Prefix{}
	}
	return p
}

// maxForwarded bounds how many proxies are looked through.
const maxForwarded = 8

// address is for whom a call comes: the last address on its way that is no proxy of ours.
// What stands further left is what the caller says.
func (a *api) address(r *http.Request) netip.Addr {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := from.Addr().Unmap()
	if len(a.o.Proxies) == 0 {
		return at
	}
	way := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for range maxForwarded {
		ours := slices.ContainsFunc(a.o.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
		if !ours || len(way) == 0 {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(way[len(way)-1]))
		if err != nil {
			break
		}
		at, way = before.Unmap(), way[:len(way)-1]
	}
	return at
}
