package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"irori/internal/access"
	"irori/internal/gateway/fan"
	"irori/internal/llm"
	"irori/internal/splice"
	"irori/internal/store"
	"irori/internal/store/body"
)

// Flight is one admitted request from its admission to its record.
type Flight struct {
	ID    string
	Lease *Lease

	g     *Gateway
	rec   *store.Record
	began time.Time
	// last is when each choice gave its newest token.
	last map[int]time.Time
	gaps []float64
	// seen counts the pieces that came, about one a token.
	seen  int
	usage *llm.Usage
	taken *llm.Timings
	// pieces is where those of another program on this machine are counted.
	pieces *atomic.Int64
	acct   Account
	over   bool
	// tell says that the client wants to know what its request took.
	tell bool
	// pass is the place that the request has within the limits of its key,
	// nil without one.
	pass *access.Pass
	// body is what is kept of the request, nil where nothing is.
	body  *body.Taker
	again again
	// stream is what the answer is written to, where it is one.
	stream *Stream
	// relayed is true once the client may have a part of the answer; turn is
	// when the lease got its turn, and tried how many attempts there were then.
	relayed bool
	turn    time.Time
	tried   int
	// asked is how long the texts of the requests are, bytes how long what came
	// of the answer is.
	asked, bytes int
	// lost is what tries at this lease took that another came after, before
	// what the last of them counted; failed is what the newest took that
	// failed.
	lost   []Account
	before *llm.Usage
	failed *Account
}

// NewID makes a request id: the time in milliseconds, then random bits, so
// that ids sort by time.
func NewID(now time.Time) string {
	var b [16]byte
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	// crypto/rand never fails on the platforms that are built for; it ends
	// the process if it does.
	_, _ = rand.Read(b[6:])
	return hex.EncodeToString(b[:])
}

// Admit leases the model and opens the ledger's record. api names the
// endpoint in the ledger. By the requests, where they are given, those of a
// conversation go where its beginning is known.
func (g *Gateway) Admit(r *http.Request, api, model string, stream bool, reqs ...*llm.Request) (*Flight, error) {
	began := time.Now()
	pass, err := g.pass(r.Context(), model)
	if err != nil {
		return nil, err
	}
	lease, err := g.lease(Asking(r, api, reqs), model, pass)
	if err != nil {
		return nil, err
	}
	f := &Flight{ID: NewID(began), Lease: lease, g: g, began: began, last: map[int]time.Time{}, tell: r.Header.Get("X-Irori-Usage") == "1", pass: pass, turn: began}
	if g.o.Reuse != nil {
		f.again = cacheControl(r.Header)
	}
	f.rec = &store.Record{
		ID: f.ID, Time: began.UTC(), API: api, ModelRequested: model, Stream: stream, Client: client(r.Header), TraceParent: r.Header.Get("Traceparent"),
	}
	lease.enter(f.rec)
	keep := g.o.KeepAll
	if k := KeyOf(r.Context()); k != nil {
		f.rec.Key, keep = k.Name, k.Keep == "full"
	}
	if keep && g.o.Bodies != nil {
		b := body.Body{ID: f.ID, Time: f.rec.Time, Expires: f.rec.Time.Add(g.o.KeepFor), Key: f.rec.Key, API: api, Model: lease.Model}
		f.body = b.Take()
	}
	if err := g.o.Ledger.Open(f.rec); err != nil {
		lease.Done()
		f.spend(&store.Record{})
		return nil, llm.Wrap(llm.CodeLedgerUnavailable, err, "the ledger cannot be written, so nothing is served").
			WithHint("irori doctor")
	}
	f.meter(lease)
	g.o.Observer.Admitted(f.rec)
	if v, ok := r.Context().Value(visitOf{}).(*visit); ok {
		v.flight = f
	}
	return f, nil
}

// client is the first product of the User-Agent, cut to a sane length.
func client(h http.Header) string {
	ua, _, _ := strings.Cut(h.Get("User-Agent"), " ")
	return ua[:min(len(ua), 64)]
}

// decided are the headers that say what was decided, trailers the ones that
// say what it took.
var (
	decided  = [...]string{"X-Irori-Id", "X-Irori-Backend", "X-Irori-Model", "X-Irori-Route", "X-Irori-Reason"}
	trailers = []string{"X-Irori-Energy-J, X-Irori-Cost"}
)

// Header sets the response headers that say what was decided.
func (f *Flight) Header(h http.Header) {
	// The names are as Set would write them, and the values lie together.
	v := [...]string{f.ID, f.rec.Backend, f.Lease.Model, f.rec.Route, f.reason()}
	for i, name := range decided {
		h[name] = v[i : i+1 : i+1]
	}
	h["Trailer"] = trailers
	if f.pass != nil {
		rates(h, f.pass.Rate)
	}
}

// reason is why this lease answers, and what was done to the request.
func (f *Flight) reason() string {
	if f.Lease.Note != nil {
		if n := f.Lease.Note(); n != "" {
			return f.rec.DecisionReason + "; " + n
		}
	}
	return f.rec.DecisionReason
}

// Trailer sets the trailers once the request has ended; what is unknown is
// absent.
func (f *Flight) Trailer(h http.Header) {
	if f.acct.EnergyJ != nil {
		h.Set("X-Irori-Energy-J", strconv.FormatFloat(*f.acct.EnergyJ, 'g', 6, 64))
	}
	if f.acct.Cost != nil {
		h.Set("X-Irori-Cost", strconv.FormatFloat(*f.acct.Cost, 'f', -1, 64)+" "+f.acct.Currency)
	}
}

// Spent is what the request took, nil where its client did not ask; valid
// after End.
func (f *Flight) Spent() *llm.Spent {
	if !f.tell {
		return nil
	}
	a := f.acct
	return &llm.Spent{
		EnergyJ: a.EnergyJ, EnergyLowJ: a.EnergyLowJ, EnergyHighJ: a.EnergyHighJ, EnergyMethod: string(a.Method), EnergyBasis: a.Basis,
		EnergyActiveJ: a.ActiveJ, EnergyPrefillJ: a.PrefillJ, EnergyDecodeJ: a.DecodeJ,
		PowerW: a.PowerW, PowerLowW: a.PowerLowW, PowerHighW: a.PowerHighW, EnergyCoverage: a.Coverage,
		Cost: a.Cost, CostLow: a.CostLow, CostHigh: a.CostHigh, Currency: a.Currency,
		QueueSeconds: f.queued(),
	}
}

// Passed is an answer that passed in one piece, with what it took where its
// client asked; valid after End.
func (f *Flight) Passed(raw []byte) []byte {
	if !f.tell {
		return raw
	}
	usage := splice.Get(raw, "usage")
	if len(usage) == 0 || usage[0] != '{' {
		usage = []byte("{}")
	}
	spent, err := json.Marshal(f.Spent())
	if err != nil {
		return raw
	}
	return splice.Set(raw, "usage", splice.Set(usage, "irori", spent))
}

// Usage is what the backend reported, nil where it did not; once it failed, with the output that was counted.
func (f *Flight) Usage() *llm.Usage { return f.usage }

// maxGaps bounds what is kept to compute the percentiles of one request.
const maxGaps = 1 << 14

// Observe notes an event's time and counts.
func (f *Flight) Observe(e llm.Event) {
	f.bytes += e.Size()
	switch e.Type {
	case llm.EventText, llm.EventReasoning, llm.EventToolCall:
		now := time.Now()
		f.came(1)
		if f.rec.TTFTSeconds == nil {
			f.rec.TTFTSeconds = seconds(now.Sub(f.began))
		}
		if last, ok := f.last[e.Choice]; ok && len(f.gaps) < maxGaps {
			f.gaps = append(f.gaps, now.Sub(last).Seconds())
		}
		f.last[e.Choice] = now
	case llm.EventRaw:
		f.observeRaw(e)
	case llm.EventFinish:
		f.rec.FinishReason = string(e.Finish)
	case llm.EventStart, llm.EventUsage:
		if e.Usage != nil {
			f.addUsage(e.Usage)
		}
		// Other servers do not say how long their queue is.
		if e.Timings != nil && f.Lease.Account == nil {
			f.taken = e.Timings
		}
	}
}

// together are the gaps between pieces that came in one read.
var together [1024]float64

// observeRaw notes what passed as it was written. Pieces that came together
// have no time between them.
func (f *Flight) observeRaw(e llm.Event) {
	if e.Usage != nil {
		f.bytes += e.Usage.Said
	}
	if e.Pieces > 0 {
		now := time.Now()
		f.came(e.Pieces)
		f.bytes += e.Pieces
		if f.rec.TTFTSeconds == nil {
			f.rec.TTFTSeconds = seconds(now.Sub(f.began))
		} else if len(f.gaps) < maxGaps {
			f.gaps = append(f.gaps, now.Sub(f.last[0]).Seconds())
		}
		f.gaps = append(f.gaps, together[:max(0, min(e.Pieces-1, maxGaps-len(f.gaps), len(together)))]...)
		f.last[0] = now
	}
	if e.Finish != "" {
		f.rec.FinishReason = string(e.Finish)
	}
	if e.Usage != nil {
		f.addUsage(e.Usage)
	}
}

// take notes an event for those who keep the answer.
func (f *Flight) take(e llm.Event) {
	if f.body == nil && f.again.taker == nil {
		return
	}
	if e.Type != llm.EventRaw {
		e.Read = []llm.Event{e}
	}
	for _, x := range e.Read {
		if x.Type == llm.EventBeyond {
			f.again.look = nil // another would get less of it
		}
		if f.body != nil {
			f.body.Event(x)
		}
		if f.again.taker != nil {
			f.again.taker.Event(x)
		}
	}
}

// addUsage takes the newest word on usage: counts are cumulative.
func (f *Flight) addUsage(u *llm.Usage) {
	if f.usage == nil {
		f.usage = &llm.Usage{}
	}
	for _, p := range []struct{ to, from **int }{
		{&f.usage.PromptTokens, &u.PromptTokens}, {&f.usage.CachedTokens, &u.CachedTokens},
		{&f.usage.CacheWrite, &u.CacheWrite}, {&f.usage.OutputTokens, &u.OutputTokens},
		{&f.usage.ReasoningTokens, &u.ReasoningTokens},
	} {
		if *p.from != nil {
			*p.to = *p.from
		}
	}
	if u.Source != "" {
		f.usage.Source = u.Source
	}
	if u.Tier != "" {
		f.usage.Tier = u.Tier
	}
}

func seconds(d time.Duration) *float64 {
	return new(d.Seconds())
}

// End closes the record. ctx is the client's: a request that failed because
// it went away is cancelled, not failed.
func (f *Flight) End(ctx context.Context, err error) {
	if f.over {
		return
	}
	f.over = true
	err = Blame(ctx, err)
	f.Lease.Done()
	f.held(f.Lease)
	switch {
	case f.Lease.Account == nil:
		f.acct = f.g.o.Meter.End(f.ID)
	case f.again.hit == nil:
		f.acct = f.Lease.Account(f.usage)
		for _, a := range f.lost {
			f.acct.pay(a)
		}
		f.acct = f.beside(f.acct)
	default:
		f.beside(Account{})
		if f.Lease.Currency == "" {
			break
		}
		// Nobody was asked, so nobody is paid.
		f.acct.Cost, f.acct.Currency = new(float64), f.Lease.Currency
	}
	r := f.rec
	r.DecisionReason, f.Lease.Note = f.reason(), nil
	r.TotalSeconds = seconds(time.Since(f.began))
	switch {
	case err == nil:
		r.Status = store.StatusOK
	case llm.CodeOf(err) == llm.CodeInterrupted:
		r.Status, r.ErrorCode = store.StatusError, string(llm.CodeInterrupted)
	case ctx.Err() != nil || llm.CodeOf(err) == llm.CodeCancelled:
		r.Status = store.StatusCancelled
	default:
		r.Status, r.ErrorCode = store.StatusError, string(llm.CodeOf(err))
	}
	if u := cmp.Or(f.usage, f.before); u != nil && f.again.hit == nil {
		r.PromptTokens, r.CachedTokens, r.CacheWriteTokens = u.PromptTokens, u.CachedTokens, u.CacheWrite
		r.OutputTokens, r.ReasoningTokens, r.UsageSource = u.OutputTokens, u.ReasoningTokens, string(u.Source)
		r.ServiceTier = string(u.Tier)
	}
	if r.UsageSource == string(llm.UsageUnknown) {
		r.UsageSource = ""
	} else if r.OutputTokens == nil && f.seen > 0 && f.again.hit == nil {
		// The backend died before it could say: what came is counted.
		r.OutputTokens, r.UsageSource = &f.seen, string(llm.UsageCounted)
		if err != nil && f.usage != nil {
			f.usage.OutputTokens, f.usage.Source = &f.seen, llm.UsageCounted
		}
	}
	r.QueueSeconds = f.queued()
	if len(f.gaps) > 0 {
		slices.Sort(f.gaps)
		r.ITLP50, r.ITLP95 = quantile(f.gaps, 0.5), quantile(f.gaps, 0.95)
	}
	a := f.acct
	r.EnergyJ, r.EnergyLowJ, r.EnergyHighJ, r.EnergyMethod, r.EnergyBasis = a.EnergyJ, a.EnergyLowJ, a.EnergyHighJ, a.Method, a.Basis
	r.EnergyActiveJ, r.EnergyPrefillJ, r.EnergyDecodeJ, r.EnergyCoverage = a.ActiveJ, a.PrefillJ, a.DecodeJ, a.Coverage
	r.PowerW, r.PowerLowW, r.PowerHighW = a.PowerW, a.PowerLowW, a.PowerHighW
	r.Cost, r.CostLow, r.CostHigh, r.Currency, r.PriceVersion = a.Cost, a.CostLow, a.CostHigh, a.Currency, a.PriceVersion
	f.spend(r)
	if f.body != nil {
		f.g.o.Bodies.Keep(f.body.Body())
	}
	f.g.o.Observer.Finished(r)
	if f.Lease.Ended != nil {
		f.Lease.Ended(r)
	}
	if cerr := f.g.o.Ledger.Close(r); cerr != nil {
		// The admission is in the journal, so the request stays visible as
		// interrupted; new ones are refused by Open.
		f.g.o.Log.Error("the end of a request could not be recorded", "id", f.ID, "err", cerr)
	}
}

// crash ends a request whose handler panicked: its stream, which reports
// whether it had begun, and its record. It does nothing for one that ended, or
// for none.
func (f *Flight) crash(ctx context.Context, err error) (begun bool) {
	if f == nil {
		return false
	}
	if f.stream != nil {
		begun = f.stream.Begun()
		f.stream.Close()
	}
	// What it was about to keep may be what it fell over.
	f.body, f.again.taker = nil, nil
	f.End(ctx, err)
	return begun
}

// queued is how long the request waited here and in the backend, as far as that
// is known; nil where nothing is.
func (f *Flight) queued() *float64 {
	var sum time.Duration
	if f.taken != nil {
		sum += f.taken.Queue
	}
	if w := f.Lease.Waited; w != nil {
		sum += *w
	} else if f.taken == nil {
		return nil
	}
	return seconds(sum)
}

// quantile is the nearest-rank quantile of sorted values.
func quantile(sorted []float64, q float64) *float64 {
	return new(sorted[min(int(q*float64(len(sorted))), len(sorted)-1)])
}

// Generate runs the requests of a flight on its backend, noting every event,
// and hands them to emit. An error from emit means that the client is gone:
// the work is cancelled, and what it used still recorded.
func (f *Flight) Generate(ctx context.Context, reqs []*llm.Request, emit func(llm.Event) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, r := range reqs {
		r.ID, r.Model = f.ID, f.Lease.Model
		if r.Relay != nil {
			// Whatever is done with the answer, the same is asked.
			r.Relay.Read, r.Relay.Told = f.body != nil || f.again.look != nil, f.tell && r.Stream
		}
		for i := range r.Messages {
			if err := r.Messages[i].CheckImages(); err != nil {
				return err
			}
		}
	}
	if f.pass != nil {
		f.asked = textBytes(reqs)
	}
	if f.body != nil {
		f.body.Ask(reqs)
	}
	if f.again.hit != nil {
		return f.replay(emit)
	}
	failed, gone := f.answer(ctx, reqs, emit, cancel)
	for gone == nil && f.moves(ctx, failed) {
		for _, r := range reqs {
			r.Model = f.Lease.Model
		}
		failed, gone = f.answer(ctx, reqs, emit, cancel)
	}
	f.settled(failed)
	if gone != nil {
		return llm.Wrap(llm.CodeCancelled, gone, "the client went away")
	}
	if failed != nil && errors.Is(failed, context.Canceled) {
		return Blame(ctx, llm.Wrap(llm.CodeCancelled, failed, "the client went away"))
	}
	if failed == nil {
		f.remember()
	}
	return failed
}

// answer lets the flight's lease answer: failed is its error, gone that of
// emit.
func (f *Flight) answer(ctx context.Context, reqs []*llm.Request, emit func(llm.Event) error, cancel func()) (failed, gone error) {
	for e, err := range fan.All(ctx, f.Lease.Backend, reqs) {
		if err != nil {
			return err, gone
		}
		if e.Type == llm.EventAttempt {
			f.attempt(e.Attempt)
			continue
		}
		f.lose()
		f.relayed = f.relayed || e.Type != llm.EventStart
		f.Observe(e)
		f.take(e)
		if gone == nil && e.Type != llm.EventBeyond {
			if gone = emit(e); gone != nil {
				cancel()
			}
		}
	}
	return nil, gone
}

// attempt notes a try at a backend beside the answer.
func (f *Flight) attempt(a *llm.Attempt) {
	f.lose()
	out := store.Attempt{Backend: a.Backend, Model: a.Model, Status: store.StatusOK, ErrorCode: string(a.Code), Seconds: a.Took.Seconds()}
	switch a.Code {
	case "":
	case llm.CodeCancelled:
		out.Status = store.StatusCancelled
	default:
		out.Status = store.StatusError
	}
	if u := a.Usage; u != nil {
		out.PromptTokens, out.OutputTokens = u.PromptTokens, u.OutputTokens
		if f.Lease.Account != nil {
			took := f.Lease.Account(u)
			out.Cost, out.CostLow, out.CostHigh = took.Cost, took.CostLow, took.CostHigh
			if a.Code != "" {
				f.failed = &took
			}
		}
		if f.usage == nil {
			// Of a try whose answer did not begin nothing else is told.
			f.addUsage(u)
		}
	}
	f.rec.Attempts = append(f.rec.Attempts, out)
}

// lose notes that another try came after one that failed: the request pays
// for both.
func (f *Flight) lose() {
	if f.failed != nil {
		f.lost, f.failed = append(f.lost, *f.failed), nil
		f.before, f.usage = f.usage, nil
	}
}

// Embed runs an embedding request of a flight.
func (f *Flight) Embed(ctx context.Context, req *llm.EmbedRequest) (*llm.EmbedResult, error) {
	b, ok := f.Lease.Backend.(llm.Embedder)
	if !ok {
		return nil, llm.Errorf(llm.CodeUnsupported, "backend %s makes no embeddings", f.Lease.Name)
	}
	if f.body != nil {
		f.body.Embed(req)
	}
	req.ID, req.Model, req.Attempt = f.ID, f.Lease.Model, f.attempt
	res, err := b.Embed(ctx, req)
	for f.moves(ctx, err) {
		if b, ok = f.Lease.Backend.(llm.Embedder); !ok {
			err = llm.Errorf(llm.CodeUnavailable, "backend %s makes no embeddings", f.Lease.Name)
			continue
		}
		req.Model = f.Lease.Model
		res, err = b.Embed(ctx, req)
	}
	f.settled(err)
	if err != nil {
		return nil, err
	}
	f.addUsage(&res.Usage)
	if f.Lease.Account == nil {
		f.taken = &res.Timings
	}
	return res, nil
}
