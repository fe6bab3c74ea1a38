package main

import (
	"context"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/app"
	"irori/internal/app/keyring"
	"irori/internal/app/talk"
	"irori/internal/catalog/blob"
	"irori/internal/catalog/known"
	"irori/internal/gguf"
	"irori/internal/llm"
	"irori/internal/store"
	"irori/internal/store/body"
	"irori/internal/term/verb"
)

var quoted = regexp.MustCompile("`([a-z_0-9]+\\??)`")

// rows reads the rows of a document's table whose first cell matches.
func rows(t *testing.T, doc string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/formats/" + doc)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		cells := strings.SplitN(strings.Trim(strings.TrimSpace(line), "|"), "|", 3)
		if len(cells) == 3 {
			out[strings.TrimSpace(cells[0])] = cells[2]
		}
	}
	return out
}

func words(s string) []string {
	var out []string
	for _, m := range quoted.FindAllStringSubmatch(s, -1) {
		out = append(out, m[1])
	}
	return out
}

// TestExitStatusDocument pins docs/formats/exit-status.md.
func TestExitStatusDocument(t *testing.T) {
	listed := map[llm.Code]int{}
	for status, cells := range rows(t, "exit-status.md") {
		n, err := strconv.Atoi(status)
		if err != nil {
			continue // the head
		}
		for _, code := range words(cells) {
			listed[llm.Code(code)] = n
		}
	}
	if len(listed) < 8 {
		t.Fatalf("only %d codes are listed", len(listed))
	}
	for code := range rows(t, "http.md") {
		c := llm.Code(strings.Trim(code, "`"))
		if !quoted.MatchString(code) {
			continue
		}
		want := listed[c]
		if want == 0 {
			want = 1
		}
		if got := verb.Status(llm.Errorf(c, "x")); got != want {
			t.Errorf("%s ends with %d, the document says %d", c, got, want)
		}
	}
	for err, want := range map[error]int{nil: 0, context.Canceled: 130, verb.Wrong("", ""): 2, os.ErrClosed: 1} {
		if got := verb.Status(err); got != want {
			t.Errorf("%v ends with %d, want %d", err, got, want)
		}
	}
}

// TestCLIFields pins the fields of docs/formats/cli-json.md.
func TestCLIFields(t *testing.T) {
	doc := rows(t, "cli-json.md")
	for verb, typ := range map[string]reflect.Type{
		"`up`": reflect.TypeFor[app.Ready](), "`run`": reflect.TypeFor[talk.Answer](), "`list`": reflect.TypeFor[row](),
		"`ps`": reflect.TypeFor[app.Status](), "`ps`, in `models`": reflect.TypeFor[app.ModelStatus](),
		"`log` with sums": reflect.TypeFor[store.Sum](), "`doctor`": reflect.TypeFor[app.Diagnosis](),
		"`doctor`, in `findings`": reflect.TypeFor[app.Finding](),
		"`show`":                  reflect.TypeFor[shown](), "`show`, in `files`": reflect.TypeFor[blob.File](), "`show`, in `catalog`": reflect.TypeFor[known.Model](),
		"`show`, in `created`": reflect.TypeFor[created](), "`show`, in `licence_terms`": reflect.TypeFor[known.Licence](), "`show`, in `facts`": reflect.TypeFor[gguf.Facts](),
		"`rm`": reflect.TypeFor[removed](), "`alias`": reflect.TypeFor[aliased](), "`stop`": reflect.TypeFor[stopped](),
		"`version`": reflect.TypeFor[versionOf](), "`list` with `--catalog`": reflect.TypeFor[entry](),
		"`log show --body`": reflect.TypeFor[body.Body](), "`connect`": reflect.TypeFor[connected](), "`forget`": reflect.TypeFor[forgotten](), "`keys create`": reflect.TypeFor[madeKey](), "`keys list`": reflect.TypeFor[shownKey](), "`keys spend`": reflect.TypeFor[keyring.Line](),
	} {
		cells := strings.ReplaceAll(doc[verb], "(`ready`)", "")
		if d := cmp.Diff(jsonNames(typ), words(cells)); d != "" {
			t.Errorf("%s differs (-code +document):\n%s", verb, d)
		}
	}
}

func jsonNames(typ reflect.Type) []string {
	var out []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Anonymous {
			out = append(out, inner(typ, f)...)
			continue
		}
		name, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		if opts != "" {
			name += "?"
		}
		out = append(out, name)
	}
	return out
}

// inner are the fields that an embedded object brings, but for those that the
// outer one hides; behind a pointer all of them may be absent.
func inner(outer reflect.Type, f reflect.StructField) []string {
	hidden := map[string]bool{}
	for i := range outer.NumField() {
		if x := outer.Field(i); !x.Anonymous {
			name, _, _ := strings.Cut(x.Tag.Get("json"), ",")
			hidden[name] = true
		}
	}
	typ, pointer := f.Type, f.Type.Kind() == reflect.Pointer
	if pointer {
		typ = typ.Elem()
	}
	var out []string
	for _, name := range jsonNames(typ) {
		bare := strings.TrimSuffix(name, "?")
		if hidden[bare] {
			continue
		}
		if pointer {
			name = bare + "?"
		}
		out = append(out, name)
	}
	return out
}
