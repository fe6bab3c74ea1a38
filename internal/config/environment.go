package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"irori/internal/catalog/near"
	"irori/internal/llm"
)

// variables are those that stand for a setting, with its place in the file.
var variables = []struct {
	name string
	path []string
}{
	{"IRORI_ADDR", []string{"addr"}},
	{"IRORI_OLLAMA_ADDR", []string{"ollama_addr"}},
	{"IRORI_API_KEY", []string{"api_keys"}},
	{"IRORI_OFFLINE", []string{"offline"}},
	{"IRORI_MODEL", []string{"model"}},
	{"IRORI_ENGINE_DIR", []string{"engine", "dir"}},
	{"IRORI_CURRENCY", []string{"money", "currency"}},
	{"IRORI_PER_KWH", []string{"money", "per_kwh"}},
	{"IRORI_WATTS_PER_CORE_LOW", []string{"energy", "watts_per_core_low"}},
	{"IRORI_WATTS_PER_CORE_HIGH", []string{"energy", "watts_per_core_high"}},
	{"IRORI_LOG_LEVEL", []string{"log", "level"}},
	{"IRORI_OLLAMA_REGISTRY", []string{"sources", "ollama"}},
	{"IRORI_MODELSCOPE_ENDPOINT", []string{"sources", "modelscope"}},
	{"HF_ENDPOINT", []string{"sources", "hugging_face"}},
	{"OLLAMA_MODELS", []string{"sources", "ollama_store"}},
}

// environment lays IRORI_* over the file.
func (c *Config) environment(get func(string) (string, bool)) error {
	if v, ok := get("IRORI_CURRENCY"); ok && v != "" && !strings.EqualFold(v, c.Money.Currency) {
		// A tariff of the file is in the file's currency.
		c.Money.PerKWh, c.Money.Version = nil, ""
	}
	for name, to := range map[string]*string{
		"IRORI_ADDR": &c.Addr, "IRORI_OLLAMA_ADDR": &c.OllamaAddr, "IRORI_MODEL": &c.Model, "IRORI_ENGINE_DIR": &c.Engine.Dir,
		"IRORI_CURRENCY": &c.Money.Currency, "IRORI_LOG_LEVEL": &c.Log.Level,
		"IRORI_OLLAMA_REGISTRY": &c.Sources.Ollama, "IRORI_MODELSCOPE_ENDPOINT": &c.Sources.ModelScope,
		"HF_ENDPOINT": &c.Sources.HuggingFace, "OLLAMA_MODELS": &c.Sources.OllamaStore,
	} {
		if v, ok := get(name); ok && v != "" {
			*to = v
		}
	}
	if v, ok := get("IRORI_OFFLINE"); ok && v != "" {
		switch strings.ToLower(v) {
		case "1", "true", "yes", "on":
			c.Offline = true
		case "0", "false", "no", "off":
			c.Offline = false
		default:
			return llm.Errorf(llm.CodeInvalidRequest, "IRORI_OFFLINE is %q, which says neither yes nor no", v).WithHint("set it to 1, or unset IRORI_OFFLINE")
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

// variableOf names the variable that a faulty setting comes from, "" where it
// comes from the file.
func variableOf(f *fault, get func(string) (string, bool)) string {
	for _, v := range variables {
		if set, ok := get(v.name); ok && set != "" && slices.Equal(v.path, f.path) {
			return v.name
		}
	}
	return ""
}

// others are the variables that stand for no setting, and the beginnings of
// those of tests, tools and backends.
var (
	others = []string{"IRORI_HOME", "IRORI_EVAL_DATA"}
	spaces = []string{"IRORI_TEST_", "IRORI_DEV_", "IRORI_TOOLS_", "IRORI_JINJA_", "IRORI_BACKEND_"}
)

// Strays tells of IRORI_* variables that nothing reads: most are mistyped.
// They are no errors: scripts and containers of others may carry variables of
// a newer release, or of their own, and must not fail for them.
func Strays(environ []string) []string {
	names := slices.Clone(others)
	for _, v := range variables {
		names = append(names, v.name)
	}
	var out []string
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		if value == "" || !strings.HasPrefix(name, "IRORI_") || slices.Contains(names, name) ||
			slices.ContainsFunc(spaces, func(s string) bool { return strings.HasPrefix(name, s) }) {
			continue
		}
		text := fmt.Sprintf("%.80q is set, and nothing reads it", name)
		if meant := near.Best(name, names, max(2, len(name)/4)); meant != "" {
			text += "; is " + meant + " meant?"
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}
