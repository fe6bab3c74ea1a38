package report

import (
	"io"
	"irori/internal/page"
	"os"
	"path/filepath"

	"irori/internal/eval/figure"
	"irori/internal/eval/folder"
	"irori/internal/eval/rows"
	"irori/internal/eval/sample"
	"irori/internal/plot"
)

// Write makes the files of a run out of its description and its samples:
// figures, the report as one page and as text with pictures, and the table. Of
// several languages the page has a switch, and the first has the text's plain
// name.
func Write(dir string, languages ...Language) ([]string, error) {
	run, samples, err := folder.Read(dir)
	if err != nil {
		return nil, err
	}
	return write(dir, run, samples, figure.Of(run, samples), languages)
}

func write(dir string, run sample.Run, samples []sample.Sample, result figure.Result, languages []Language) ([]string, error) {
	if len(languages) == 0 {
		languages = []Language{English, Japanese}
	}
	if err := folder.WriteJSON(dir, folder.FiguresFile, result); err != nil {
		return nil, err
	}
	if err := folder.Write(dir, folder.ParquetFile, func(w io.Writer) error { return rows.Write(w, samples) }); err != nil {
		return nil, err
	}
	past := neighbours(dir, run)
	var pages []*page.Page
	for _, l := range languages {
		pages = append(pages, lay(l, run, &result, past))
	}
	files := []string{folder.FiguresFile, folder.ParquetFile, folder.HTMLFile}
	if err := put(dir, folder.HTMLFile, page.HTML(pages)); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, page.PlotsFolder), 0o755); err != nil {
		return nil, err
	}
	for i, p := range pages {
		name := folder.TextFile
		if i > 0 {
			name = "report." + p.Language + ".md"
		}
		if err := put(dir, name, p.Markdown()); err != nil {
			return nil, err
		}
		files = append(files, name)
		for _, b := range p.Blocks {
			if b.Picture == nil {
				continue
			}
			if err := put(filepath.Join(dir, page.PlotsFolder), b.Picture.Name+".svg", plot.Alone(b.Picture.SVG)); err != nil {
				return nil, err
			}
		}
	}
	return files, nil
}

func put(dir, name, text string) error {
	return folder.Write(dir, name, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}
