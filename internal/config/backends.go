package config

import (
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/llm"
)

// Backend is another server.
type Backend struct {
	Kind string `yaml:"kind"`
	URL  string `yaml:"url"`
	Key  string `yaml:"key"`
	// HeaderTimeout bounds the wait for an answer's begin, IdleTimeout each
	// pause within it.
	HeaderTimeout string `yaml:"header_timeout"`
	IdleTimeout   string `yaml:"idle_timeout"`
	// Failover are those that answer in its place, in turn, where it fails
	// before its answer begins: NAME, or NAME/MODEL for another model.
	Failover []string `yaml:"failover"`
	// Command is what to start for a backend on this machine, llamaserver or
	// vllm; URL may be left out then.
	Command []string `yaml:"command"`
	// MaxConcurrent bounds the requests in service at once, 0 does not.
	MaxConcurrent int `yaml:"max_concurrent"`
	// Pool is the name of a group of backends that have the same models.
	Pool string `yaml:"pool"`
	// Cloud says that it passes requests on to somebody else, wherever it is.
	Cloud bool `yaml:"cloud"`
}

// Price is what a model's tokens cost per million.
type Price struct {
	In         *float64 `yaml:"in"`
	Out        *float64 `yaml:"out"`
	Cached     *float64 `yaml:"cached"`
	CacheWrite *float64 `yaml:"cache_write"`
	// What a request costs that is served as a batch.
	BatchIn         *float64 `yaml:"batch_in"`
	BatchOut        *float64 `yaml:"batch_out"`
	BatchCached     *float64 `yaml:"batch_cached"`
	BatchCacheWrite *float64 `yaml:"batch_cache_write"`

	Currency string `yaml:"currency"`
	Version  string `yaml:"version"`
}

// Kinds are what a backend can be.
var Kinds = []string{"openai", "llamaserver", "vllm", "lmstudio", "ollama", "anthropic", "gemini"}

// backendName keeps names apart from addresses, files and owners.
var backendName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

// taken are names that mean something else before a slash.
var taken = []string{"irori", "embedded", "local", "cloud"}

// KeyVariable is where the key of a backend is looked for.
func KeyVariable(name string) string {
	return "IRORI_BACKEND_" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name)) + "_KEY"
}

// AddBackend lays NAME=KIND:URL over the settings.
func (c *Config) AddBackend(s string) error {
	name, rest, ok := strings.Cut(s, "=")
	kind, address, kok := strings.Cut(rest, ":")
	if !ok || !kok {
		return llm.Errorf(llm.CodeInvalidRequest, "--backend cannot be %q: it is NAME=KIND:URL", s).
			WithHint("irori up --backend next-door=llamaserver:http://127.0.0.1:8080")
	}
	b := c.Backends[name]
	b.Kind, b.URL = kind, address
	c.Backends = with(c.Backends, name, b)
	return plain(b.check(name))
}

// SetBackend lays a backend over the settings.
func (c *Config) SetBackend(name string, b Backend) { c.Backends = with(c.Backends, name, b) }

// priceForm is how a flag writes a price.
const priceForm = "NAME/MODEL=IN,OUT[,CACHED[,CACHE_WRITE[,BATCH_IN[,BATCH_OUT]]]]"

// AddPrice lays a price of priceForm over the settings. One between others may
// be left empty.
func (c *Config) AddPrice(s string) error {
	bad := llm.Errorf(llm.CodeInvalidRequest, "--price cannot be %q: it is %s, per million tokens", s, priceForm).
		WithHint("irori up --price vendor/large=3,15,0.3")
	// A model's name may hold the sign; a price never does.
	at := strings.LastIndexByte(s, '=')
	if at < 0 || !strings.Contains(s[:at], "/") {
		return bad
	}
	var p Price
	to := []**float64{&p.In, &p.Out, &p.Cached, &p.CacheWrite, &p.BatchIn, &p.BatchOut}
	parts := strings.Split(s[at+1:], ",")
	if len(parts) < 2 || len(parts) > len(to) {
		return bad
	}
	for i, t := range parts {
		if strings.TrimSpace(t) == "" && i > 1 && i < len(parts)-1 {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(t), 64)
		if err != nil {
			return bad
		}
		*to[i] = &v
	}
	c.Prices = with(c.Prices, s[:at], p)
	return plain(p.check(s[:at]))
}

// with is a map with one more entry; the given one may be shared.
func with[V any](m map[string]V, name string, v V) map[string]V {
	out := maps.Clone(m)
	if out == nil {
		out = map[string]V{}
	}
	out[name] = v
	return out
}

func plain(err error) error {
	if f, ok := err.(*fault); ok {
		return f.plain()
	}
	return err
}

func (c *Config) checkBackends() error {
	for _, name := range slices.Sorted(maps.Keys(c.Backends)) {
		b := c.Backends[name]
		if err := b.check(name); err != nil {
			return err
		}
		if _, both := c.Backends[b.Pool]; both {
			return wrongly([]string{"backends", name, "pool"}, "is %q, which is the name of a backend; a pool needs one of its own", b.Pool)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Prices)) {
		if err := c.Prices[name].check(name); err != nil {
			return err
		}
	}
	return nil
}

// strayPrice refuses a price for nothing. Flags may add the backend to which a
// price of the file belongs, so this is asked last.
func (c *Config) strayPrice() error {
	for _, name := range slices.Sorted(maps.Keys(c.Prices)) {
		if b, _, _ := strings.Cut(name, "/"); c.Backends[b].Kind == "" {
			return wrongly([]string{"prices", name}, "is the price of a backend %q that is not there", b)
		}
	}
	return nil
}

// strayFailover refuses failovers to what is not there. A backend of a flag may
// be meant, so this is asked last too.
func (c *Config) strayFailover() error {
	for _, name := range slices.Sorted(maps.Keys(c.Backends)) {
		for _, to := range c.Backends[name].Failover {
			if who, _, _ := strings.Cut(to, "/"); to != localModel && (c.Backends[who].Kind == "" || who == name) {
				return wrongly([]string{"backends", name, "failover"}, "names %q; it must be another backend, NAME or NAME/MODEL, or %s", to, localModel)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Failover)) {
		if name != localModel && name != autoModel {
			return wrongly([]string{"failover", name}, "is no name for a route; it must be %s or %s", localModel, autoModel)
		}
		for _, to := range c.Failover[name] {
			if who, model, _ := strings.Cut(to, "/"); c.Backends[who].Kind == "" || model == "" {
				return wrongly([]string{"failover", name}, "names %q; it must be BACKEND/MODEL", to)
			}
		}
	}
	return nil
}

// The names of routes that failovers may be for.
const (
	localModel = "irori/local"
	autoModel  = "irori/auto"
)

func (b Backend) check(name string) error {
	at := func(field ...string) []string { return append([]string{"backends", name}, field...) }
	if !backendName.MatchString(name) || slices.Contains(taken, name) {
		return wrongly(at(), "is no name for a backend; take small letters, digits, dots and dashes, and none of %s", strings.Join(taken, ", "))
	}
	if b.Kind == "" {
		return wrongly(at("kind"), "is missing; it must be %s", strings.Join(Kinds, ", "))
	}
	if err := oneOf(at("kind"), b.Kind, Kinds...); err != nil {
		return err
	}
	if len(b.Command) > 0 && (b.Kind != "llamaserver" && b.Kind != "vllm" || b.Command[0] == "") {
		return wrongly(at("command"), "is for a backend of the kind llamaserver or vllm, and begins with its program")
	}
	u, err := url.Parse(b.URL)
	switch {
	case len(b.Command) > 0 && (b.URL == "" || err == nil && u.Port() != "" && Loopback(u.Host)):
	case len(b.Command) > 0:
		return wrongly(at("url"), "is %q; a server that is started here listens on this machine: leave it out, or write http://127.0.0.1:PORT", redacted(u))
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return wrongly(at("url"), "is %q; it must be like http://127.0.0.1:8080", redacted(u))
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		// Addresses are shown and logged.
		return wrongly(at("url"), "holds more than an address; a key belongs into %s", KeyVariable(name))
	}
	if strings.ContainsFunc(b.Key, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return wrongly(at("key"), "holds blanks or line ends, which no key has")
	}
	if b.MaxConcurrent < 0 {
		return wrongly(at("max_concurrent"), "is %d; it must not be negative", b.MaxConcurrent)
	}
	if b.Pool != "" && (!backendName.MatchString(b.Pool) || slices.Contains(taken, b.Pool)) {
		return wrongly(at("pool"), "is %q, which is no name for a pool; take small letters, digits, dots and dashes, and none of %s", b.Pool, strings.Join(taken, ", "))
	}
	for field, v := range map[string]string{"header_timeout": b.HeaderTimeout, "idle_timeout": b.IdleTimeout} {
		if _, err := duration(v); err != nil {
			return wrongly(at(field), "is %q; write it like 30s or 5m", v)
		}
	}
	return nil
}

// redacted shows an address without what may be secret in it.
func redacted(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, Opaque: u.Opaque}).String()
}

func duration(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(s)
	if err == nil && d <= 0 {
		err = strconv.ErrRange
	}
	return d, err
}

// Timeouts are the bounds that were set; 0 where none was.
func (b Backend) Timeouts() (header, idle time.Duration) {
	// Check has refused what cannot be read.
	header, _ = duration(b.HeaderTimeout)
	idle, _ = duration(b.IdleTimeout)
	return header, idle
}

func (p Price) check(name string) error {
	at := func(field ...string) []string { return append([]string{"prices", name}, field...) }
	if b, m, _ := strings.Cut(name, "/"); b == "" || m == "" {
		return wrongly(at(), "is no model of a backend; it must be BACKEND/MODEL")
	}
	for _, f := range []struct {
		name string
		v    *float64
		must bool
	}{{"in", p.In, true}, {"out", p.Out, true}, {"cached", p.Cached, false}, {"cache_write", p.CacheWrite, false},
		{"batch_in", p.BatchIn, false}, {"batch_out", p.BatchOut, false}, {"batch_cached", p.BatchCached, false}, {"batch_cache_write", p.BatchCacheWrite, false},
	} {
		switch {
		case f.v == nil && f.must:
			return wrongly(at(f.name), "is missing")
		case f.v != nil && !(*f.v >= 0 && *f.v < math.MaxFloat32):
			return wrongly(at(f.name), "is %v; it must be a price per million tokens", *f.v)
		}
	}
	if n := len(p.Currency); n != 0 && n != 3 {
		return wrongly(at("currency"), "is %q; it must be three letters, like USD", p.Currency)
	}
	return nil
}
