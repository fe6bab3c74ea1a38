package connect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/pelletier/go-toml/v2"
)

// setting is a name with its value as the format writes it.
type setting struct{ name, value string }

// table is settings under one heading of a TOML file; "" is the file's top.
type table struct {
	name     string
	settings []setting
}

// quoted is a text as JSON, TOML and YAML write it.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""` // no text fails
	}
	return strings.TrimSpace(b.String())
}

// heading finds the heading of a TOML table.
var heading = regexp.MustCompile(`^\s*\[+\s*([^\]]+?)\s*\]+\s*(#.*)?$`)

// editTOML sets values line by line, so that comments and order stay. That it
// changed what it should and nothing else is checked by reading both.
func editTOML(path string, tables []table) (File, error) {
	before, err := read(path)
	if err != nil {
		return File{}, err
	}
	var old map[string]any
	if err := toml.Unmarshal(before, &old); err != nil {
		return File{}, byHand(path, "it is no TOML: "+err.Error())
	}
	lines := strings.Split(strings.TrimRight(string(before), "\n"), "\n")
	if len(bytes.TrimSpace(before)) == 0 {
		lines = nil
	}
	want := clone(old)
	for _, t := range tables {
		lines = setTable(lines, t)
		if err := putTOML(want, t); err != nil {
			return File{}, byHand(path, err.Error())
		}
	}
	after := []byte(strings.Join(lines, "\n") + "\n")
	var got map[string]any
	if err := toml.Unmarshal(after, &got); err != nil || !reflect.DeepEqual(got, want) {
		return File{}, byHand(path, "it is written in a way that this cannot follow")
	}
	return File{path, before, after}, nil
}

// setTable sets the values of one table in lines.
func setTable(lines []string, t table) []string {
	from := 0
	if t.name != "" {
		from = slices.IndexFunc(lines, func(l string) bool {
			m := heading.FindStringSubmatch(l)
			return m != nil && m[1] == t.name
		}) + 1
		if from == 0 {
			if len(lines) > 0 {
				lines = append(lines, "")
			}
			lines = append(lines, "["+t.name+"]")
			from = len(lines)
		}
	}
	to := len(lines)
	for i := from; i < len(lines); i++ {
		if heading.MatchString(lines[i]) {
			to = i
			break
		}
	}
	var fresh []string
	for _, s := range t.settings {
		line := s.name + " = " + s.value
		i := slices.IndexFunc(lines[from:to], func(l string) bool {
			name, _, ok := strings.Cut(l, "=")
			return ok && strings.Trim(strings.TrimSpace(name), `"'`) == s.name
		})
		if i >= 0 {
			lines[from+i] = line
		} else {
			fresh = append(fresh, line)
		}
	}
	for to > from && strings.TrimSpace(lines[to-1]) == "" {
		to--
	}
	if to == 0 && len(lines) > 0 && len(fresh) > 0 {
		fresh = append(fresh, "")
	}
	return slices.Insert(lines, to, fresh...)
}

// putTOML sets the same values in what was read.
func putTOML(in map[string]any, t table) error {
	var b strings.Builder
	for _, s := range t.settings {
		fmt.Fprintf(&b, "%s = %s\n", s.name, s.value)
	}
	var values map[string]any
	if err := toml.Unmarshal([]byte(b.String()), &values); err != nil {
		return err
	}
	at := in
	if t.name != "" {
		for _, name := range strings.Split(t.name, ".") {
			next, ok := at[name].(map[string]any)
			if !ok {
				if at[name] != nil {
					return fmt.Errorf("%s is no table", name)
				}
				next = map[string]any{}
				at[name] = next
			}
			at = next
		}
	}
	for name, v := range values {
		at[name] = v
	}
	return nil
}

func clone(m map[string]any) map[string]any {
	out := map[string]any{}
	for name, v := range m {
		if sub, ok := v.(map[string]any); ok {
			v = clone(sub)
		}
		out[name] = v
	}
	return out
}

// member is a value of a JSON object by the names that lead to it.
type member struct {
	at    []string
	value any
}

// object is a JSON object with its order.
type object struct {
	names  []string
	values map[string]json.RawMessage
}

func parseObject(raw []byte) (*object, error) {
	o := &object{values: map[string]json.RawMessage{}}
	if len(bytes.TrimSpace(raw)) == 0 {
		return o, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("it is no JSON object")
	}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			return nil, err
		}
		o.set(t.(string), v)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, fmt.Errorf("something stands behind its end")
	}
	return o, nil
}

func (o *object) set(name string, v json.RawMessage) {
	if _, ok := o.values[name]; !ok {
		o.names = append(o.names, name)
	}
	o.values[name] = v
}

func (o *object) encode() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoted(name) + ":")
		b.Write(o.values[name])
	}
	b.WriteByte('}')
	return b.Bytes()
}

// put sets one value.
func (o *object) put(at []string, v json.RawMessage) error {
	if len(at) == 1 {
		o.set(at[0], v)
		return nil
	}
	sub, err := parseObject(o.values[at[0]])
	if err != nil {
		return fmt.Errorf("%s: %w", at[0], err)
	}
	if err := sub.put(at[1:], v); err != nil {
		return err
	}
	o.set(at[0], sub.encode())
	return nil
}

// editJSON sets values in a JSON file; the order of what is there stays.
func editJSON(path string, members []member) (File, error) {
	before, err := read(path)
	if err != nil {
		return File{}, err
	}
	o, err := parseObject(before)
	if err != nil {
		return File{}, byHand(path, "it is no plain JSON: "+err.Error())
	}
	for _, m := range members {
		raw, err := json.Marshal(m.value)
		if err != nil {
			return File{}, err
		}
		if err := o.put(m.at, raw); err != nil {
			return File{}, byHand(path, err.Error())
		}
	}
	var b bytes.Buffer
	if err := json.Indent(&b, o.encode(), "", "  "); err != nil {
		return File{}, err
	}
	b.WriteByte('\n')
	return File{path, before, b.Bytes()}, nil
}

// readYAML reads a file of settings, which is a mapping or nothing.
func readYAML(path string) (raw []byte, lines []string, values map[string]any, err error) {
	if raw, err = read(path); err != nil {
		return nil, nil, nil, err
	}
	if err := yaml.Unmarshal(raw, &values); err != nil {
		return nil, nil, nil, byHand(path, "it is no YAML mapping")
	}
	if values == nil {
		values = map[string]any{}
	}
	if len(bytes.TrimSpace(raw)) > 0 {
		lines = strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	}
	return raw, lines, values, nil
}

// checked makes a file of lines that must read as wanted.
func checked(path string, before []byte, lines []string, want map[string]any) (File, error) {
	after := []byte(strings.Join(lines, "\n") + "\n")
	var got map[string]any
	if err := yaml.Unmarshal(after, &got); err != nil || !reflect.DeepEqual(got, want) {
		return File{}, byHand(path, "it is written in a way that this cannot follow")
	}
	return File{path, before, after}, nil
}

// editYAML sets values at the top of a YAML file, line by line.
func editYAML(path string, settings []setting) (File, error) {
	before, lines, want, err := readYAML(path)
	if err != nil {
		return File{}, err
	}
	for _, s := range settings {
		var v any
		if err := yaml.Unmarshal([]byte(s.value), &v); err != nil {
			return File{}, err
		}
		want[s.name] = v
		line := s.name + ": " + s.value
		i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, s.name+":") })
		if i >= 0 {
			lines[i] = line
		} else {
			lines = append(lines, line)
		}
	}
	return checked(path, before, lines, want)
}

// appendYAML puts an entry in front of a list of a YAML file; a file that is
// new begins with head.
func appendYAML(path, list string, entry, head []setting) (File, error) {
	before, lines, want, err := readYAML(path)
	if err != nil {
		return File{}, err
	}
	if len(want) == 0 {
		for _, s := range head {
			lines = append(lines, s.name+": "+s.value)
			want[s.name] = s.value
		}
	}
	var item []string
	for i, s := range entry {
		lead := "    "
		if i == 0 {
			lead = "  - "
		}
		item = append(item, lead+s.name+": "+s.value)
	}
	var made map[string]any
	if err := yaml.Unmarshal([]byte(list+":\n"+strings.Join(item, "\n")), &made); err != nil {
		return File{}, err
	}
	at := slices.IndexFunc(lines, func(l string) bool { return strings.TrimRight(l, " ") == list+":" })
	old, _ := want[list].([]any)
	switch {
	case at >= 0:
		// Entries of one list stand under each other.
		indent := "  "
		for _, l := range lines[at+1:] {
			if rest := strings.TrimLeft(l, " "); strings.HasPrefix(rest, "- ") {
				indent = l[:len(l)-len(rest)]
				break
			}
		}
		for i := range item {
			item[i] = indent + item[i][2:]
		}
		lines = slices.Insert(lines, at+1, item...)
	case want[list] != nil:
		return File{}, byHand(path, list+" is written in a way that this cannot follow")
	default:
		lines = append(append(lines, list+":"), item...)
	}
	want[list] = append(made[list].([]any), old...)
	return checked(path, before, lines, want)
}
