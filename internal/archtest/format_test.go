package archtest

import (
	"fmt"
	"go/ast"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/gateway"
	"irori/internal/llm"
	"irori/internal/store"
)

// recordFields is the outside contract's list, as DESIGN.md has it.
const recordFields = `id time key api route backend engine model model_requested quantization stream status error_code finish_reason
prompt_tokens cached_tokens cache_write_tokens output_tokens reasoning_tokens usage_source service_tier queue_s ttft_s itl_p50_s itl_p95_s total_s
energy_j energy_low_j energy_high_j energy_method energy_basis energy_active_j energy_prefill_j energy_decode_j
power_w power_low_w power_high_w energy_coverage cost cost_low cost_high currency price_version decision_policy
decision_reason decision_score escalated_from held_s attempts client`

func TestRecordFields(t *testing.T) {
	got := tags(reflect.TypeFor[store.Record]())
	var names []string
	for _, g := range got {
		names = append(names, strings.TrimSuffix(g, "?"))
	}
	if d := cmp.Diff(strings.Fields(recordFields), names); d != "" {
		t.Errorf("the record differs from the contract (-contract +record):\n%s", d)
	}
	doc := formatDoc(t, "ledger-record.md")
	whole, attempts, _ := strings.Cut(doc, "## One of")
	for _, c := range []struct {
		text string
		want []string
	}{{whole, got}, {attempts, tags(reflect.TypeFor[store.Attempt]())}} {
		var listed []string
		for _, row := range table(c.text) {
			name := strings.Trim(row[0], "`")
			if row[2] == "optional" {
				name += "?"
			}
			listed = append(listed, name)
		}
		if d := cmp.Diff(c.want, listed); d != "" {
			t.Errorf("ledger-record.md differs (-code +document):\n%s", d)
		}
	}
}

// tags lists the JSON names of a struct's fields in order; "?" marks what may
// be absent.
func tags(typ reflect.Type) []string {
	var out []string
	for i := range typ.NumField() {
		name, opts, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if opts == "omitempty" || opts == "omitzero" {
			name += "?"
		}
		out = append(out, name)
	}
	return out
}

func TestErrorTable(t *testing.T) {
	var want, got [][]string
	for _, c := range codes(t) {
		status, kind := gateway.Status(c)
		want = append(want, []string{string(c), strconv.Itoa(status), kind})
	}
	_, errors, _ := strings.Cut(formatDoc(t, "http.md"), "## Errors")
	for _, row := range table(errors) {
		got = append(got, []string{strings.Trim(row[0], "`"), row[1], strings.Trim(row[2], "`")})
	}
	byCode := func(a, b []string) int { return strings.Compare(a[0], b[0]) }
	slices.SortFunc(want, byCode)
	slices.SortFunc(got, byCode)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("http.md differs (-code +document):\n%s", d)
	}
}

// codes reads the constants of type Code out of package llm.
func codes(t *testing.T) []llm.Code {
	t.Helper()
	var out []llm.Code
	for _, p := range packages(t) {
		if p.path != "internal/llm" {
			continue
		}
		for _, f := range p.files {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				s, ok := n.(*ast.ValueSpec)
				if !ok || len(s.Values) != 1 || fmt.Sprint(s.Type) != "Code" {
					return true
				}
				if lit, ok := s.Values[0].(*ast.BasicLit); ok {
					if v, err := strconv.Unquote(lit.Value); err == nil {
						out = append(out, llm.Code(v))
					}
				}
				return true
			})
		}
	}
	if len(out) < 10 {
		t.Fatalf("only %d codes were found", len(out))
	}
	return out
}

// TestHeaders looks for headers and virtual models in the code that http.md
// does not name.
func TestHeaders(t *testing.T) {
	doc := formatDoc(t, "http.md")
	word := regexp.MustCompile(`"(X-Irori-[A-Za-z-]+|irori/[a-z]+)"`)
	for _, p := range packages(t) {
		if !strings.HasPrefix(p.path, "internal/gateway") && p.path != "internal/app" {
			continue
		}
		for _, f := range p.files {
			b, err := os.ReadFile("../../" + f.name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range word.FindAllSubmatch(b, -1) {
				if !strings.Contains(doc, "`"+string(m[1])+"`") {
					t.Errorf("%s uses %s, which http.md does not name", f.name, m[1])
				}
			}
		}
	}
}

func formatDoc(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/formats/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// table reads the rows of the Markdown tables in a text, heads left out.
func table(text string) [][]string {
	var out [][]string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case strings.HasPrefix(line, "|---"):
			inside = true
		case inside:
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			out = append(out, cells)
		}
	}
	return out
}
