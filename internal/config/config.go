package config

import (
	"bytes"
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"irori/internal/llm"
	"irori/internal/unit"
)

// Example is the fully commented file: every setting with its default.
//
//go:embed config.example.yaml
var Example string

// Schema is the JSON Schema of the file, for editors.
//
//go:embed config.schema.json
var Schema string

// Config is the settings file. Zero values mean the default.
type Config struct {
	Addr string `yaml:"addr"`
	// APIKeys are the keys that requests must carry.
	APIKeys        []string `yaml:"api_keys"`
	AllowedHosts   []string `yaml:"allowed_hosts"`
	AllowedOrigins []string `yaml:"allowed_origins"`
	MaxBodyBytes   int64    `yaml:"max_body_bytes"`

	// Model is what `irori up` loads when none is named.
	Model  string           `yaml:"model"`
	Engine Engine           `yaml:"engine"`
	Models map[string]Model `yaml:"models"`

	Energy Energy `yaml:"energy"`
	Money  Money  `yaml:"money"`
	Log    Log    `yaml:"log"`
	// Sources are where models come from.
	Sources Sources `yaml:"sources"`
}

// Engine are the settings that hold for every local model.
type Engine struct {
	Dir string `yaml:"dir"`
	// MaxLoaded bounds how many models are in memory at once.
	MaxLoaded int   `yaml:"max_loaded"`
	Defaults  Model `yaml:"defaults"`
}

// Model are the settings of one model.
type Model struct {
	Context        int               `yaml:"context"`
	Parallel       int               `yaml:"parallel"`
	Threads        int               `yaml:"threads"`
	Batch          int               `yaml:"batch"`
	KVType         string            `yaml:"kv_type"`
	KVUnified      *bool             `yaml:"kv_unified"`
	GPULayers      *int              `yaml:"gpu_layers"`
	FlashAttention string            `yaml:"flash_attention"`
	Mmap           *bool             `yaml:"mmap"`
	Mlock          *bool             `yaml:"mlock"`
	Repack         *bool             `yaml:"repack"`
	KVMemory       string            `yaml:"kv_memory"`
	Template       string            `yaml:"template"`
	Adapters       map[string]string `yaml:"adapters"`
	Sampling       Sampling          `yaml:"sampling"`
}

// Sampling are the sampler values for what requests leave open.
type Sampling struct {
	Temperature   *float32 `yaml:"temperature"`
	TopK          *int     `yaml:"top_k"`
	TopP          *float32 `yaml:"top_p"`
	MinP          *float32 `yaml:"min_p"`
	RepeatPenalty *float32 `yaml:"repeat_penalty"`
}

// Energy says what to assume where no sensor exists.
type Energy struct {
	// WattsPerCoreLow and WattsPerCoreHigh bound what a busy core draws.
	WattsPerCoreLow  *float64 `yaml:"watts_per_core_low"`
	WattsPerCoreHigh *float64 `yaml:"watts_per_core_high"`
	// Sensors may be auto or off.
	Sensors string `yaml:"sensors"`
}

// Money is the electricity tariff.
type Money struct {
	Currency string   `yaml:"currency"`
	PerKWh   *float64 `yaml:"per_kwh"`
	// Version names the tariff in the ledger.
	Version string `yaml:"version"`
}

// Log is the server's own log.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Sources are the addresses of model registries.
type Sources struct {
	HuggingFace string `yaml:"hugging_face"`
	Ollama      string `yaml:"ollama"`
	ModelScope  string `yaml:"modelscope"`
	OllamaStore string `yaml:"ollama_store"`
}

// Home is the folder of all state: IRORI_HOME, or the XDG data folder.
func Home() (string, error) {
	if h := os.Getenv("IRORI_HOME"); h != "" {
		return filepath.Abs(h)
	}
	if x := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "irori"), nil
	}
	h, err := os.UserHomeDir()
	if err != nil {
		return "", llm.Wrap(llm.CodeInvalidRequest, err, "no home folder").WithHint("set IRORI_HOME to a folder")
	}
	return filepath.Join(h, ".local", "share", "irori"), nil
}

// Load reads the file at path, or home/config.yaml where path is empty; that
// one need not exist. Then the environment is laid over it.
func Load(home, path string) (*Config, error) {
	c := &Config{}
	named := path != ""
	if !named {
		path = filepath.Join(home, "config.yaml")
	}
	b, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := Parse(b, c); err != nil {
			return nil, llm.Wrap(llm.CodeInvalidRequest, err, "%s", path).WithHint("see irori doctor --example-config for every setting")
		}
	case errors.Is(err, fs.ErrNotExist) && !named:
	default:
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the config cannot be read").WithHint("check --config %s", path)
	}
	if err := c.environment(os.LookupEnv); err != nil {
		return nil, err
	}
	return c, c.Check()
}

// Parse reads YAML strictly: an unknown or repeated key and a value of a wrong
// type are errors with their line.
func Parse(b []byte, c *Config) error {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	if err := misfit(b); err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(b), yaml.DisallowUnknownField(), yaml.Strict())
	if err := d.Decode(c); err != nil {
		if errors.Is(err, io.EOF) {
			return nil
		}
		return errors.New(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if err := d.Decode(&Config{}); !errors.Is(err, io.EOF) {
		return errors.New("the file holds more than one document; only the first would count")
	}
	return nil
}

// environment lays IRORI_* over the file.
func (c *Config) environment(get func(string) (string, bool)) error {
	if v, ok := get("IRORI_CURRENCY"); ok && v != "" && !strings.EqualFold(v, c.Money.Currency) {
		// A tariff of the file is in the file's currency.
		c.Money.PerKWh, c.Money.Version = nil, ""
	}
	for name, to := range map[string]*string{
		"IRORI_ADDR": &c.Addr, "IRORI_MODEL": &c.Model, "IRORI_ENGINE_DIR": &c.Engine.Dir,
		"IRORI_CURRENCY": &c.Money.Currency, "IRORI_LOG_LEVEL": &c.Log.Level,
		"IRORI_OLLAMA_REGISTRY": &c.Sources.Ollama, "IRORI_MODELSCOPE_ENDPOINT": &c.Sources.ModelScope,
		"HF_ENDPOINT": &c.Sources.HuggingFace, "OLLAMA_MODELS": &c.Sources.OllamaStore,
	} {
		if v, ok := get(name); ok && v != "" {
			*to = v
		}
	}
	if v, ok := get("IRORI_API_KEY"); ok && v != "" {
		c.APIKeys = append(c.APIKeys, v)
	}
	for name, to := range map[string]**float64{
		"IRORI_PER_KWH": &c.Money.PerKWh, "IRORI_WATTS_PER_CORE_LOW": &c.Energy.WattsPerCoreLow,
		"IRORI_WATTS_PER_CORE_HIGH": &c.Energy.WattsPerCoreHigh,
	} {
		v, ok := get(name)
		if !ok || v == "" {
			continue
		}
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return llm.Errorf(llm.CodeInvalidRequest, "%s is %q, which is no number", name, v).WithHint("unset %s", name)
		}
		*to = &f
	}
	return nil
}

// DefaultAddr is where the server listens: 1616, いろいろ.
const DefaultAddr = "127.0.0.1:1616"

// Check refuses settings that cannot work, and fills in the address.
func (c *Config) Check() error {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return llm.Wrap(llm.CodeInvalidRequest, err, "the address %q", c.Addr).WithHint("use HOST:PORT, like %s", DefaultAddr)
	}
	for _, k := range c.APIKeys {
		if strings.TrimSpace(k) == "" {
			return llm.Errorf(llm.CodeInvalidRequest, "an API key is empty").WithHint("openssl rand -hex 16")
		}
	}
	if c.Money.Currency == "" {
		c.Money.Currency = "JPY"
	}
	c.Money.Currency = strings.ToUpper(c.Money.Currency)
	if c.Money.Currency != "JPY" && c.Money.Currency != "USD" {
		return llm.Errorf(llm.CodeInvalidRequest, "the currency %q is not known", c.Money.Currency).WithHint("set money.currency to JPY or USD")
	}
	if p := c.Money.PerKWh; p != nil && (*p < 0 || *p > 1e6) {
		return llm.Errorf(llm.CodeInvalidRequest, "money.per_kwh is %v; it must be from 0 to 1000000", *p)
	}
	lo, hi := c.Energy.WattsPerCoreLow, c.Energy.WattsPerCoreHigh
	if (lo == nil) != (hi == nil) {
		return llm.Errorf(llm.CodeInvalidRequest, "energy.watts_per_core_low and watts_per_core_high must be set together")
	}
	if lo != nil && (*lo < 0 || *hi < *lo || *hi > 1000) {
		return llm.Errorf(llm.CodeInvalidRequest, "energy.watts_per_core_low is %v and high is %v; they must be ordered and from 0 to 1000", *lo, *hi)
	}
	if s := c.Energy.Sensors; s != "" && s != "auto" && s != "off" {
		return llm.Errorf(llm.CodeInvalidRequest, "energy.sensors is %q; it must be auto or off", s)
	}
	if c.MaxBodyBytes < 0 {
		return llm.Errorf(llm.CodeInvalidRequest, "max_body_bytes is %d; it must not be negative", c.MaxBodyBytes)
	}
	if c.Engine.MaxLoaded < 0 {
		return llm.Errorf(llm.CodeInvalidRequest, "engine.max_loaded is %d; it must not be negative", c.Engine.MaxLoaded)
	}
	if err := c.Log.check(); err != nil {
		return err
	}
	if err := c.Engine.Defaults.check("engine.defaults"); err != nil {
		return err
	}
	for name, m := range c.Models {
		if err := m.check("models." + name); err != nil {
			return err
		}
	}
	return nil
}

func (l Log) check() error {
	switch l.Level {
	case "", "debug", "info", "warn", "error":
	default:
		return llm.Errorf(llm.CodeInvalidRequest, "log.level is %q; it must be debug, info, warn or error", l.Level)
	}
	switch l.Format {
	case "", "text", "json":
	default:
		return llm.Errorf(llm.CodeInvalidRequest, "log.format is %q; it must be text or json", l.Format)
	}
	return nil
}

func (m Model) check(at string) error {
	for _, f := range []struct {
		name    string
		v       int
		min, mx int
	}{
		{"context", m.Context, 0, 1 << 24}, {"parallel", m.Parallel, 0, 256}, {"threads", m.Threads, 0, 512}, {"batch", m.Batch, 0, 1 << 16},
	} {
		if f.v < f.min || f.v > f.mx {
			return llm.Errorf(llm.CodeInvalidRequest, "%s.%s is %d; it must be from %d to %d", at, f.name, f.v, f.min, f.mx)
		}
	}
	switch strings.ToLower(m.KVType) {
	case "", "f16", "f32", "bf16", "q8_0", "q4_0":
	default:
		return llm.Errorf(llm.CodeInvalidRequest, "%s.kv_type %q is not known; use f16, bf16, f32, q8_0 or q4_0", at, m.KVType)
	}
	switch m.FlashAttention {
	case "", "auto", "on", "off":
	default:
		return llm.Errorf(llm.CodeInvalidRequest, "%s.flash_attention is %q; it must be auto, on or off", at, m.FlashAttention)
	}
	if m.KVMemory != "" {
		if _, err := unit.ParseBytes(m.KVMemory); err != nil {
			return llm.Wrap(llm.CodeInvalidRequest, err, "%s.kv_memory", at).WithHint("write it like 2GiB")
		}
	}
	return m.Sampling.check(at + ".sampling")
}

func (s Sampling) check(at string) error {
	for _, f := range []struct {
		name string
		v    *float32
		max  float32
	}{
		{"temperature", s.Temperature, 100}, {"top_p", s.TopP, 1}, {"min_p", s.MinP, 1},
	} {
		// Written so that no number fails the test too.
		if f.v != nil && !(*f.v >= 0 && *f.v <= f.max) {
			return llm.Errorf(llm.CodeInvalidRequest, "%s.%s is %v; it must be from 0 to %v", at, f.name, *f.v, f.max)
		}
	}
	return nil
}

// Over returns m with the settings of over laid on it.
func (m Model) Over(over Model) Model {
	out := m
	for _, f := range []struct{ to, from *int }{
		{&out.Context, &over.Context}, {&out.Parallel, &over.Parallel}, {&out.Threads, &over.Threads}, {&out.Batch, &over.Batch},
	} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	for _, f := range []struct{ to, from *string }{
		{&out.KVType, &over.KVType}, {&out.FlashAttention, &over.FlashAttention}, {&out.KVMemory, &over.KVMemory}, {&out.Template, &over.Template},
	} {
		if *f.from != "" {
			*f.to = *f.from
		}
	}
	for _, f := range []struct{ to, from **bool }{
		{&out.KVUnified, &over.KVUnified}, {&out.Mmap, &over.Mmap}, {&out.Mlock, &over.Mlock}, {&out.Repack, &over.Repack},
	} {
		if *f.from != nil {
			*f.to = *f.from
		}
	}
	if over.GPULayers != nil {
		out.GPULayers = over.GPULayers
	}
	if over.Adapters != nil {
		out.Adapters = over.Adapters
	}
	out.Sampling = out.Sampling.over(over.Sampling)
	return out
}

func (s Sampling) over(o Sampling) Sampling {
	for _, f := range []struct{ to, from **float32 }{
		{&s.Temperature, &o.Temperature}, {&s.TopP, &o.TopP}, {&s.MinP, &o.MinP}, {&s.RepeatPenalty, &o.RepeatPenalty},
	} {
		if *f.from != nil {
			*f.to = *f.from
		}
	}
	if o.TopK != nil {
		s.TopK = o.TopK
	}
	return s
}

// Loopback reports whether an address can be reached from this machine only.
func Loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
