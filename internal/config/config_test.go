package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema compiles config.schema.json.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(Schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("config.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("config.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// instance is YAML as the schema sees it.
func instance(t *testing.T, b []byte) any {
	t.Helper()
	j, err := yaml.YAMLToJSON(b)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(j)))
	if err != nil {
		t.Fatal(err)
	}
	if v == nil {
		return map[string]any{}
	}
	return v
}

func checked(t *testing.T, b []byte) *Config {
	t.Helper()
	c := &Config{}
	if err := Parse(b, c); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExampleMatchesSchema(t *testing.T) {
	if err := schema(t).Validate(instance(t, []byte(Example))); err != nil {
		t.Error(err)
	}
}

// spelled are settings that the example writes out although leaving them out
// means the same. Their values stand in the comment beside them.
var spelled = map[string]string{
	"MaxBodyBytes": "33554432", "Engine.Defaults.KVType": "f16", "Engine.Defaults.KVUnified": "false",
	"Engine.Defaults.FlashAttention": "auto", "Engine.Defaults.Mmap": "true", "Engine.Defaults.Mlock": "false",
	"Engine.Defaults.Repack": "true", "Bodies.Keep": "off", "Bodies.Days": "30", "Cache.Exact": "off", "Cache.Seconds": "3600", "Cache.Size": "16MiB", "Cache.Semantic": "off", "Cache.Threshold": "0.9",
	"Energy.Sensors": "auto", "Log.Level": "info", "Discover": "on", "Log.Format": "text",
	"Sources.HuggingFace": "https://huggingface.co", "Sources.Ollama": "https://registry.ollama.ai",
	"Sources.ModelScope": "https://modelscope.cn", "Responses.Keep": "720h",
	"Privacy.Default": "detect", "Privacy.Scope": "routed", "Privacy.Images": "local-only",
}

// TestExampleIsDefault reads the example strictly: what it says is what holds
// without it, apart from the defaults that it spells out.
func TestExampleIsDefault(t *testing.T) {
	example, none := checked(t, []byte(Example)), checked(t, nil)
	got := map[string]string{}
	differing("", reflect.ValueOf(*example), reflect.ValueOf(*none), got)
	if d := cmp.Diff(spelled, got); d != "" {
		t.Errorf("the example differs from the defaults elsewhere than it may (-may +does):\n%s", d)
	}
}

func differing(at string, a, b reflect.Value, out map[string]string) {
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			differing(strings.TrimPrefix(at+"."+a.Type().Field(i).Name, "."), a.Field(i), b.Field(i), out)
		}
		return
	case reflect.Slice, reflect.Map:
		if a.Len() == 0 && b.Len() == 0 {
			return
		}
	}
	if !reflect.DeepEqual(a.Interface(), b.Interface()) {
		out[at] = fmt.Sprint(reflect.Indirect(a).Interface())
	}
}

// TestExampleNamesAll asks the example for every setting, written out or in a
// comment, and the schema too.
func TestExampleNamesAll(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(Schema), &doc); err != nil {
		t.Fatal(err)
	}
	defs := doc["$defs"].(map[string]any)
	for path, typ := range fields("", reflect.TypeFor[Config]()) {
		name := path[strings.LastIndexByte(path, '.')+1:]
		if name == "" {
			t.Errorf("a field of type %s has no yaml name", typ)
		}
		if !regexp.MustCompile(`(?m)^ *(# *)?` + name + `:`).MatchString(Example) {
			t.Errorf("the example does not name %s", path)
		}
		if !named(doc, defs, strings.Split(path, ".")) {
			t.Errorf("the schema does not name %s", path)
		}
	}
}

// TestSchemaNamesNoMore looks for names in the schema that no field has.
func TestSchemaNamesNoMore(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal([]byte(Schema), &doc); err != nil {
		t.Fatal(err)
	}
	var have []string
	for path := range fields("", reflect.TypeFor[Config]()) {
		have = append(have, path[strings.LastIndexByte(path, '.')+1:])
	}
	var walk func(v any)
	walk = func(v any) {
		node, ok := v.(map[string]any)
		if !ok {
			return
		}
		if props, ok := node["properties"].(map[string]any); ok {
			for name := range props {
				if !slices.Contains(have, name) {
					t.Errorf("the schema names %s, which no field has", name)
				}
			}
		}
		for _, child := range node {
			walk(child)
		}
	}
	walk(doc)
}

// fields lists the yaml paths of a struct's fields; * stands for any name.
func fields(at string, typ reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range typ.NumField() {
		f := typ.Field(i)
		path := strings.TrimPrefix(at+"."+f.Tag.Get("yaml"), ".")
		out[path] = f.Type
		sub := f.Type
		if sub.Kind() == reflect.Map {
			sub, path = sub.Elem(), path+".*"
		} else if sub.Kind() == reflect.Slice {
			sub, path = sub.Elem(), path+".#"
		}
		if sub.Kind() == reflect.Struct {
			for p, s := range fields(path, sub) {
				out[p] = s
			}
		}
	}
	return out
}

func named(node, defs map[string]any, path []string) bool {
	if ref, ok := node["$ref"].(string); ok {
		node = defs[ref[strings.LastIndexByte(ref, '/')+1:]].(map[string]any)
	}
	if len(path) == 0 {
		return true
	}
	key := "properties"
	if path[0] == "#" {
		sub, ok := node["items"].(map[string]any)
		return ok && named(sub, defs, path[1:])
	}
	if path[0] == "*" {
		sub, ok := node["additionalProperties"].(map[string]any)
		return ok && named(sub, defs, path[1:])
	}
	props, ok := node[key].(map[string]any)
	if !ok {
		return false
	}
	sub, ok := props[path[0]].(map[string]any)
	return ok && named(sub, defs, path[1:])
}

func TestGood(t *testing.T) {
	s := schema(t)
	for _, name := range files(t, "*.good.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			checked(t, b)
			if err := s.Validate(instance(t, b)); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestBad reads files that must be refused. The first line of each says what
// the message holds.
func TestBad(t *testing.T) {
	for _, name := range files(t, "*.bad.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(b), "\n")
			want := strings.TrimPrefix(first, "# wants: ")
			c := &Config{}
			err = Parse(b, c)
			if err == nil {
				err = c.Check()
			}
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("the error is %v, want one with %q", err, want)
			}
		})
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	list, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(list) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return list
}

func TestEnvironment(t *testing.T) {
	env := func(m map[string]string) func(string) (string, bool) {
		return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
	}
	c := &Config{Addr: "127.0.0.1:1", APIKeys: []string{"file"}}
	if err := c.environment(env(map[string]string{"IRORI_ADDR": "127.0.0.1:2", "IRORI_API_KEY": "env", "IRORI_PER_KWH": "31", "IRORI_MODEL": ""})); err != nil {
		t.Fatal(err)
	}
	price := 31.0
	want := &Config{Addr: "127.0.0.1:2", APIKeys: []string{"file", "env"}, Money: Money{PerKWh: &price}}
	if d := cmp.Diff(want, c); d != "" {
		t.Error(d)
	}
	if err := c.environment(env(map[string]string{"IRORI_PER_KWH": "cheap"})); err == nil || !strings.Contains(err.Error(), "IRORI_PER_KWH") {
		t.Errorf("the error is %v, want one that names the variable", err)
	}
}

func TestLoad(t *testing.T) {
	for _, name := range []string{"IRORI_ADDR", "IRORI_API_KEY", "IRORI_MODEL"} {
		t.Setenv(name, "")
	}
	home := t.TempDir()
	if c, err := Load(home, ""); err != nil || c.Addr != DefaultAddr {
		t.Fatalf("without a file: %v, %v", c, err)
	}
	if _, err := Load(home, filepath.Join(home, "none.yaml")); err == nil {
		t.Error("a named file that is missing must be an error")
	}
	if err := os.WriteFile(filepath.Join(home, "config.yaml"), []byte("model: here\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(home, ""); err != nil || c.Model != "here" {
		t.Errorf("the file of the home: %v, %v", c, err)
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.9.10:1": true, "[::1]:1": true, "localhost:1": true,
		":1616": false, "0.0.0.0:1": false, "[::]:1": false, "192.168.1.2:1": false, "example.com:1": false, "127.0.0.1": false,
	} {
		if got := Loopback(addr); got != want {
			t.Errorf("Loopback(%q) is %v", addr, got)
		}
	}
}

func TestOver(t *testing.T) {
	yes, no, temp, k := true, false, float32(0.5), 7
	base := Model{Context: 1, KVType: "f16", Mmap: &yes, Adapters: map[string]string{"a": "b"}, Sampling: Sampling{Temperature: &temp}}
	got := base.Over(Model{Context: 2, Mmap: &no, Sampling: Sampling{TopK: &k}})
	want := Model{Context: 2, KVType: "f16", Mmap: &no, Adapters: map[string]string{"a": "b"}, Sampling: Sampling{Temperature: &temp, TopK: &k}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
