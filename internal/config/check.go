package config

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"irori/internal/llm"
	"irori/internal/unit"
)

// fault is a setting whose value cannot be. Its path leads through the file:
// names of models have dots in them.
type fault struct {
	path []string
	text string // goes on after the setting's name
	hint string
}

func wrongly(path []string, format string, args ...any) *fault {
	return &fault{path: path, text: fmt.Sprintf(format, args...)}
}

// Error is the setting's name and what is wrong with it.
func (f *fault) Error() string { return strings.Join(f.path, ".") + " " + f.text }

// plain is the fault where it is not known who set it.
func (f *fault) plain() error {
	e := llm.Errorf(llm.CodeInvalidRequest, "%s", f.Error())
	if f.hint != "" {
		return e.WithHint("%s", f.hint)
	}
	return e.WithHint("irori doctor --example-config shows every setting and what it may be")
}

// oneOf refuses a value that is none of those; empty is the default.
func oneOf(path []string, value string, of ...string) error {
	if value == "" || slices.Contains(of, value) {
		return nil
	}
	last := len(of) - 1
	return wrongly(path, "is %q; it must be %s or %s", value, strings.Join(of[:last], ", "), of[last])
}

func (c *Config) check() error {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		f := wrongly([]string{"addr"}, "is %q, which is no address: %s; it must be HOST:PORT, like %s", c.Addr, err.(*net.AddrError).Err, DefaultAddr)
		f.hint = "irori up --addr " + DefaultAddr
		return f
	}
	if c.OllamaAddr != "" {
		if _, _, err := net.SplitHostPort(c.OllamaAddr); err != nil {
			return wrongly([]string{"ollama_addr"}, "is %q, which is no address: %s; it must be HOST:PORT, like 127.0.0.1:11434", c.OllamaAddr, err.(*net.AddrError).Err)
		}
	}
	if slices.ContainsFunc(c.APIKeys, func(k string) bool { return strings.TrimSpace(k) == "" }) {
		f := wrongly([]string{"api_keys"}, "holds a key that is empty")
		f.hint = "openssl rand -hex 16"
		return f
	}
	if c.Money.Currency == "" {
		c.Money.Currency = "JPY"
	}
	c.Money.Currency = strings.ToUpper(c.Money.Currency)
	if err := oneOf([]string{"money", "currency"}, c.Money.Currency, "JPY", "USD"); err != nil {
		return err
	}
	// Written so that no number fails the test too.
	if p := c.Money.PerKWh; p != nil && !(*p >= 0 && *p <= 1e6) {
		return wrongly([]string{"money", "per_kwh"}, "is %v; it must be from 0 to 1000000", *p)
	}
	if c.MaxBodyBytes < 0 {
		return wrongly([]string{"max_body_bytes"}, "is %d; it must not be negative", c.MaxBodyBytes)
	}
	if c.QueueLength < 0 {
		return wrongly([]string{"queue_length"}, "is %d; it must not be negative", c.QueueLength)
	}
	if _, err := duration(c.QueueWait); err != nil {
		return wrongly([]string{"queue_wait"}, "is %q; write it like 30s or 5m", c.QueueWait)
	}
	if c.Engine.Memory != "" {
		if n, err := unit.ParseBytes(c.Engine.Memory); err != nil || n <= 0 {
			return wrongly([]string{"engine", "memory"}, "is %q; write it like 12GiB", c.Engine.Memory)
		}
	}
	if c.Engine.MaxLoaded < 0 {
		return wrongly([]string{"engine", "max_loaded"}, "is %d; it must not be negative", c.Engine.MaxLoaded)
	}
	for _, check := range []func() error{
		func() error { return oneOf([]string{"discover"}, c.Discover, "on", "off", "use") },
		c.Energy.check,
		c.Bodies.check,
		c.Cache.check,
		c.Telemetry.check,
		c.Sources.check,
		func() error {
			return oneOf([]string{"log", "level"}, c.Log.Level, "debug", "info", "warn", "error")
		},
		func() error { return oneOf([]string{"log", "format"}, c.Log.Format, "text", "json") },
		func() error { return c.Engine.Defaults.check("engine", "defaults") },
		c.Responses.check,
		c.checkBackends,
		c.checkPrivacy,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	for name, m := range c.Models {
		if err := m.check("models", name); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkPrivacy() error {
	f := c.Privacy.Check()
	if f == nil {
		return nil
	}
	return wrongly(append([]string{"privacy"}, f.Path...), "%s", f.Text)
}

// Waits is the bound on waiting that was set; 0 where none was.
func (c *Config) Waits() time.Duration {
	// Check has refused what cannot be read.
	d, _ := duration(c.QueueWait)
	return d
}

func (e Energy) check() error {
	lo, hi := e.WattsPerCoreLow, e.WattsPerCoreHigh
	switch {
	case (lo == nil) != (hi == nil):
		set, other := "watts_per_core_low", "watts_per_core_high"
		if lo == nil {
			set, other = other, set
		}
		return wrongly([]string{"energy", set}, "is set and %s is not; they must be set together", other)
	case lo == nil:
	case !(*lo >= 0 && *lo <= *hi && *hi <= 1000):
		return wrongly([]string{"energy", "watts_per_core_low"}, "is %v and watts_per_core_high is %v; they must be ordered and from 0 to 1000", *lo, *hi)
	}
	for _, n := range e.Named() {
		if !slices.Contains(SensorNames, n) {
			return wrongly([]string{"energy", "sensors"}, "has %q; it must be auto, off, or some of %s with commas between", n, strings.Join(SensorNames, ", "))
		}
	}
	if e.Wall == "" {
		return nil
	}
	scheme, rest, _ := strings.Cut(e.Wall, "://")
	if !slices.Contains([]string{"tasmota", "shelly", "mqtt"}, scheme) || rest == "" {
		return wrongly([]string{"energy", "wall"}, "is no address of a meter; it must be tasmota://HOST, shelly://HOST or mqtt://BROKER/TOPIC?field=NAME")
	}
	return nil
}

func (m Model) check(at ...string) error {
	of := func(names ...string) []string { return slices.Concat(at, names) }
	for _, f := range []struct {
		name    string
		v       int
		min, mx int
	}{
		{"context", m.Context, 0, 1 << 24}, {"parallel", m.Parallel, 0, 256}, {"threads", m.Threads, 0, 512}, {"batch", m.Batch, 0, 1 << 16},
	} {
		if f.v < f.min || f.v > f.mx {
			return wrongly(of(f.name), "is %d; it must be from %d to %d", f.v, f.min, f.mx)
		}
	}
	if err := oneOf(of("kv_type"), strings.ToLower(m.KVType), "f16", "bf16", "f32", "q8_0", "q4_0"); err != nil {
		return err
	}
	if err := oneOf(of("flash_attention"), m.FlashAttention, "auto", "on", "off"); err != nil {
		return err
	}
	if m.KVMemory != "" {
		if _, err := unit.ParseBytes(m.KVMemory); err != nil {
			return wrongly(of("kv_memory"), "is %q; write it like 2GiB", m.KVMemory)
		}
	}
	for _, f := range []struct {
		name string
		v    *float32
		max  float32
	}{
		{"temperature", m.Sampling.Temperature, 100}, {"top_p", m.Sampling.TopP, 1}, {"min_p", m.Sampling.MinP, 1},
	} {
		if f.v != nil && !(*f.v >= 0 && *f.v <= f.max) {
			return wrongly(of("sampling", f.name), "is %v; it must be from 0 to %v", *f.v, f.max)
		}
	}
	return nil
}
