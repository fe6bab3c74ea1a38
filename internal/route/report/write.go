package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"irori/internal/llm"
	"irori/internal/page"
	"irori/internal/plot"
	"irori/internal/route/replay"
)

// About is how a replay came about.
type About struct {
	// Files are what was read, with their digests; Version is Irori's.
	Files    []File `json:"files"`
	Command  string `json:"command"`
	Version  string `json:"version"`
	Seed     uint64 `json:"seed"`
	Shuffles int    `json:"shuffles"`
	// Price is what a call costs in the stream, where a right answer is worth
	// 1.
	Price float64 `json:"price"`
}

// File is a file of outcomes.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

// Write puts report.html, report.md, report.ja.md, plots, figures.json and
// rows.jsonl into a folder, and returns their names. Without a stream regret is
// left out.
func Write(dir string, r *replay.Result, stream []replay.Regret, about About) ([]string, error) {
	if err := os.MkdirAll(filepath.Join(dir, page.PlotsFolder), 0o755); err != nil {
		why := err
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			why = e.Err
		}
		return nil, llm.Errorf(llm.CodeInvalidRequest, "a report cannot be written into %s: %v", dir, why).WithHint("irori route replay outcomes.jsonl --report DIR takes a folder, and makes it")
	}
	var pages []*page.Page
	for _, language := range []string{"en", "ja"} {
		pages = append(pages, lay(language, r, stream, about))
	}
	texts := map[string]string{"report.html": page.HTML(pages), "report.md": pages[0].Markdown(), "report.ja.md": pages[1].Markdown()}
	for _, p := range pages {
		for _, b := range p.Blocks {
			if b.Picture != nil {
				texts[filepath.Join(page.PlotsFolder, b.Picture.Name+".svg")] = plot.Alone(b.Picture.SVG)
			}
		}
	}
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	if err := put(dir, "figures.json", func(e *json.Encoder) error {
		e.SetIndent("", "  ")
		return e.Encode(struct {
			About  About           `json:"about"`
			Replay *replay.Result  `json:"replay"`
			Stream []replay.Regret `json:"stream,omitempty"`
		}{about, r, stream})
	}); err != nil {
		return nil, err
	}
	err := put(dir, "rows.jsonl", func(e *json.Encoder) error {
		for _, row := range r.Rows {
			if err := e.Encode(row); err != nil {
				return err
			}
		}
		return nil
	})
	return []string{"report.html", "report.md", "report.ja.md", "figures.json", "rows.jsonl"}, err
}

func put(dir, name string, write func(e *json.Encoder) error) error {
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	e := json.NewEncoder(io.Writer(w))
	if err = write(e); err == nil {
		err = w.Flush()
	}
	if end := f.Close(); err == nil {
		err = end
	}
	return err
}
