package config

import (
	"bytes"
	"cmp"
	_ "embed"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"irori/internal/llm"
	"irori/internal/route/privacy"
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
	// OllamaAddr is a second address that answers the same; empty for none.
	OllamaAddr string `yaml:"ollama_addr"`
	// APIKeys are the keys that requests must carry.
	APIKeys        []string `yaml:"api_keys"`
	AllowedHosts   []string `yaml:"allowed_hosts"`
	AllowedOrigins []string `yaml:"allowed_origins"`
	MaxBodyBytes   int64    `yaml:"max_body_bytes"`
	// QueueLength bounds how many requests wait for a model or a backend,
	// QueueWait for how long; empty and 0 are the defaults.
	QueueLength int    `yaml:"queue_length"`
	QueueWait   string `yaml:"queue_wait"`

	// Model is what `irori up` loads when none is named.
	Model  string           `yaml:"model"`
	Engine Engine           `yaml:"engine"`
	Models map[string]Model `yaml:"models"`
	// Backends are other servers, by the name that stands before the slash in
	// BACKEND/MODEL; Prices what their models cost, by that whole name.
	Backends map[string]Backend `yaml:"backends"`
	Prices   map[string]Price   `yaml:"prices"`
	// Failover are the models of backends that answer for irori/local and
	// irori/auto where no model of this machine can.
	Failover map[string][]string `yaml:"failover"`
	// Policy is the file that says how requests are routed; empty is
	// policy.yaml in the home folder, where that is there.
	Policy string `yaml:"policy"`
	// Discover is on, off or use: whether other engines of this machine are
	// looked for, and used.
	Discover string `yaml:"discover"`

	// Offline lets nothing leave this machine, from any part of the program.
	Offline bool `yaml:"offline"`
	// Privacy says what may leave for servers that are not the owner's.
	Privacy privacy.Settings `yaml:"privacy"`

	Bodies    Bodies    `yaml:"bodies"`
	Cache     Cache     `yaml:"cache"`
	Responses Responses `yaml:"responses"`
	Energy    Energy    `yaml:"energy"`
	Money     Money     `yaml:"money"`
	Log       Log       `yaml:"log"`
	Telemetry Telemetry `yaml:"telemetry"`
	// Sources are where models come from.
	Sources Sources `yaml:"sources"`
}

// Engine are the settings that hold for every local model.
type Engine struct {
	Dir string `yaml:"dir"`
	// MaxLoaded bounds how many models are in memory at once.
	MaxLoaded int `yaml:"max_loaded"`
	// Memory is what they may take together; empty is what is free.
	Memory   string `yaml:"memory"`
	Defaults Model  `yaml:"defaults"`
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

// Bodies says what is kept of requests and answers.
type Bodies struct {
	// Keep is off or full, for requests without a virtual key; each of those
	// has a setting of its own.
	Keep string `yaml:"keep"`
	// Days is how long; 0 is the default.
	Days int `yaml:"days"`
}

// For is how long bodies are kept.
func (b Bodies) For() time.Duration { return time.Duration(cmp.Or(b.Days, 30)) * 24 * time.Hour }

func (b Bodies) check() error {
	if b.Keep == "redacted" {
		f := wrongly([]string{"bodies", "keep"}, "is %q; nothing can be redacted yet, so nothing would be kept", b.Keep)
		f.hint = "write keep: full, or keep: off"
		return f
	}
	if b.Days < 0 || b.Days > 36500 {
		return wrongly([]string{"bodies", "days"}, "is %d; it must be from 0 to 36500", b.Days)
	}
	return oneOf([]string{"bodies", "keep"}, b.Keep, "off", "full")
}

// Cache says which requests are answered with what was answered before.
type Cache struct {
	// Exact is off, determined or all; Seconds how long an answer holds, Size
	// how much is kept, in memory.
	Exact   string `yaml:"exact"`
	Seconds int    `yaml:"seconds"`
	Size    string `yaml:"size"`
	// Semantic is off or on: then requests that are alike count as the same,
	// by the vectors of Model and where the words that matter agree.
	Semantic  string   `yaml:"semantic"`
	Model     string   `yaml:"model"`
	Threshold *float64 `yaml:"threshold"`
}

func (c Cache) check() error {
	if err := oneOf([]string{"cache", "exact"}, c.Exact, "off", "determined", "all"); err != nil {
		return err
	}
	if err := oneOf([]string{"cache", "semantic"}, c.Semantic, "off", "on"); err != nil {
		return err
	}
	if c.Semantic == "on" && (c.Exact == "" || c.Exact == "off") {
		return wrongly([]string{"cache", "semantic"}, "is on and exact is off; it must be determined or all then")
	}
	if c.Seconds < 0 {
		return wrongly([]string{"cache", "seconds"}, "is %d; it must not be negative", c.Seconds)
	}
	if t := c.Threshold; t != nil && !(*t >= 0.5 && *t <= 1) {
		return wrongly([]string{"cache", "threshold"}, "is %v; it must be from 0.5 to 1", *t)
	}
	if c.Size != "" {
		if _, err := unit.ParseBytes(c.Size); err != nil {
			return wrongly([]string{"cache", "size"}, "is %q; write it like 64MiB", c.Size)
		}
	}
	return nil
}

// Energy says what to assume where no sensor exists.
type Energy struct {
	// WattsPerCoreLow and WattsPerCoreHigh bound what a busy core draws.
	WattsPerCoreLow  *float64 `yaml:"watts_per_core_low"`
	WattsPerCoreHigh *float64 `yaml:"watts_per_core_high"`
	// Sensors may be auto, off, or names of sensors with commas between.
	Sensors string `yaml:"sensors"`
	// Wall is the address of a meter at the wall, Replay a recorded trace.
	Wall   string `yaml:"wall"`
	Replay string `yaml:"replay"`
}

// SensorNames are what energy.sensors may name.
var SensorNames = []string{"rapl", "nvml", "amd", "hwmon", "apple", "jetson", "battery", "wall", "replay"}

// Named are the sensors that may be used, nil for all of them.
func (e Energy) Named() []string {
	if e.Sensors == "" || e.Sensors == "auto" || e.Sensors == "off" {
		return nil
	}
	names := strings.Split(e.Sensors, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
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

// Telemetry says where spans and metrics are sent.
type Telemetry struct {
	// OTLP is the address of an OpenTelemetry collector; empty sends nothing.
	OTLP string `yaml:"otlp"`
}

func (t Telemetry) check() error {
	if u, err := url.Parse(t.OTLP); t.OTLP != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return wrongly([]string{"telemetry", "otlp"}, "is %q, which is no address; it must be like http://127.0.0.1:4318", t.OTLP)
	}
	return nil
}

// Sources are the addresses of model registries.
type Sources struct {
	HuggingFace string `yaml:"hugging_face"`
	Ollama      string `yaml:"ollama"`
	ModelScope  string `yaml:"modelscope"`
	OllamaStore string `yaml:"ollama_store"`
}

func (s Sources) check() error {
	for _, x := range []struct{ name, url string }{{"hugging_face", s.HuggingFace}, {"ollama", s.Ollama}, {"modelscope", s.ModelScope}} {
		if u, err := url.Parse(x.url); x.url != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return wrongly([]string{"sources", x.name}, "is %q, which is no address; it must begin with https:// or http://", x.url)
		}
	}
	return nil
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
	inFile := func(err error) error {
		return llm.Wrap(llm.CodeInvalidRequest, err, "%s", path).WithHint("irori doctor --example-config shows every setting and what it may be")
	}
	switch {
	case err == nil:
		if err := Parse(b, c); err != nil {
			return nil, inFile(err)
		}
	case errors.Is(err, fs.ErrNotExist) && !named:
	default:
		hint := "ls -l " + path
		if !named {
			hint = "ls -ld " + home + ", or set IRORI_HOME to a folder of your own"
		}
		return nil, llm.Wrap(llm.CodeInvalidRequest, err, "the config cannot be read").WithHint("%s", hint)
	}
	if err := c.environment(os.LookupEnv); err != nil {
		return nil, err
	}
	err = c.check()
	f, ok := errors.AsType[*fault](err)
	switch {
	case err == nil:
		return c, nil
	case !ok:
		return nil, err
	}
	if name := variableOf(f, os.LookupEnv); name != "" {
		return nil, llm.Errorf(llm.CodeInvalidRequest, "%s %s", name, f.text).WithHint("unset %s", name)
	}
	if tk := find(b, f.path); tk != nil {
		return nil, inFile(complain(tk, "%s", f.Error()))
	}
	return nil, f.plain()
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

// DefaultAddr is where the server listens: 1616, いろいろ.
const DefaultAddr = "127.0.0.1:1616"

// Check refuses settings that cannot work, and fills in the address.
func (c *Config) Check() error {
	err := c.check()
	if err == nil {
		err = c.strayPrice()
	}
	if err == nil {
		err = c.strayFailover()
	}
	return plain(err)
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
