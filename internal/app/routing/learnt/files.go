package learnt

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/eval/topic"
	"irori/internal/llm"
	"irori/internal/route/doubt"
)

// Folder is where what was learnt lies in a home: ROUTE/LOCAL.model, as irori
// route train writes it.
const Folder = "route"

// PredictorFile is where the predictor of a route and a local target lies.
func PredictorFile(home, route, local string) string {
	return filepath.Join(home, Folder, route, safe(local)+".model")
}

// safe makes a file's name of a target's.
func safe(name string) string {
	b := []byte(name)
	for i, c := range b {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_') || i == 0 && c == '.' {
			b[i] = '_'
		}
	}
	return string(b)
}

// Judging is a point at which answers of a local target are judged.
type Judging struct {
	Route, Local string
	Origin       doubt.Origin
}

// File is where what judges them lies.
func (j Judging) File(home string) string {
	return strings.TrimSuffix(PredictorFile(home, j.Route, j.Local), ".model") + "." + safe(j.Origin.Point) + ".doubt"
}

// learn keeps what judges answers, where there are labels enough: with fewer
// the order that needs none is as good.
func (j Judging) learn(home string, cases []doubt.Case) error {
	m := doubt.Train(cases, j.Origin, doubt.Options{})
	if weak, _ := m.Cases(); weak == 0 {
		return nil
	}
	var b bytes.Buffer
	if err := m.Save(&b); err != nil {
		return err
	}
	file := j.File(home)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return llm.Wrap(llm.CodeInternal, err, "what judges answers cannot be kept")
	}
	if err := os.WriteFile(file+".tmp", b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(file+".tmp", file)
}

// Domain is what a text is about, "" where that is not clear.
func Domain(text string) string {
	const clear = .5
	if group, p := topic.Classify(text); p >= clear {
		return group
	}
	return ""
}
