//go:build accept

package jinja

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAgainstPython renders every row of the reference that tools/jinja2
// made with the real Jinja2 and demands the same text.
func TestAgainstPython(t *testing.T) {
	path, dir := os.Getenv("IRORI_JINJA_REFERENCE"), os.Getenv("IRORI_JINJA_TEMPLATES")
	if path == "" || dir == "" {
		t.Skip("IRORI_JINJA_REFERENCE and IRORI_JINJA_TEMPLATES are set by tools/jinja2/run.sh")
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Rows []struct {
			Template, Conversation, Now string
			Vars                        json.RawMessage
			Out                         *string
			Error                       string
		}
	}
	if err := json.Unmarshal(raw, &ref); err != nil {
		t.Fatal(err)
	}
	equal, renders, raises, bothRaise := 0, 0, 0, 0
	for _, row := range ref.Rows {
		got, err := renderRow(t, filepath.Join(dir, row.Template), row.Vars, row.Now)
		where := row.Template + " / " + row.Conversation
		switch {
		case row.Out == nil:
			raises++
			if err != nil {
				bothRaise++
			} else {
				t.Logf("%s: renders, but Python says %s", where, row.Error)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", where, err)
		case got != *row.Out:
			i := 0
			for i < len(got) && i < len(*row.Out) && got[i] == (*row.Out)[i] {
				i++
			}
			at := max(0, i-60)
			t.Errorf("%s: differs at byte %d:\n got …%.160q\nwant …%.160q", where, i, got[at:], (*row.Out)[at:])
		default:
			equal++
		}
		renders++
	}
	t.Logf("equal %d of %d that Python renders; %d of %d that it refuses are refused", equal, renders, bothRaise, raises)
}

func renderRow(t *testing.T, path string, vars json.RawMessage, now string) (string, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tmpl, err := Parse(filepath.Base(path), string(src), Limits{})
	if err != nil {
		return "", err
	}
	v, err := DecodeJSON(vars)
	if err != nil {
		t.Fatal(err)
	}
	when, err := time.Parse("2006-01-02T15:04:05", now)
	if err != nil {
		t.Fatal(err)
	}
	return tmpl.Render(v.(*Map), Env{Now: func() time.Time { return when }})
}
