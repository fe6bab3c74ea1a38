package archtest

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"irori/internal/eval/sample"
)

// TestRunFields holds run.md to what runs are written with: names, order, and
// what may be absent.
func TestRunFields(t *testing.T) {
	_, doc, _ := strings.Cut(formatDoc(t, "run.md"), "\n## ")
	sections := map[string]string{}
	for s := range strings.SplitSeq(doc, "\n## ") {
		title, text, _ := strings.Cut(s, "\n")
		sections[strings.Trim(title, "`")] = text
	}
	for title, typ := range map[string]reflect.Type{
		"run.json": reflect.TypeFor[sample.Run](), "tasks": reflect.TypeFor[sample.TaskRef](), "targets": reflect.TypeFor[sample.Target](),
		"machines": reflect.TypeFor[sample.Machine](), "warm_ups": reflect.TypeFor[sample.WarmUp](), "samples.jsonl": reflect.TypeFor[sample.Sample](),
		"tokens": reflect.TypeFor[sample.Tokens](), "latency": reflect.TypeFor[sample.Latency](), "energy": reflect.TypeFor[sample.Energy](),
		"judge": reflect.TypeFor[sample.Judge](),
	} {
		var listed []string
		for _, row := range table(sections[title]) {
			listed = append(listed, strings.Trim(row[0], "`"))
		}
		if d := cmp.Diff(tags(typ), listed); d != "" {
			t.Errorf("run.md, %s differs (-code +document):\n%s", title, d)
		}
	}
}
