package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"irori/internal/page"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"irori/internal/eval/figure"
	"irori/internal/eval/folder"
	"irori/internal/eval/sample"
	"irori/internal/plot"
)

// earlier is another run beside this one.
type earlier struct {
	run    sample.Run
	result figure.Result
}

// neighbours are the runs in the folder around a run's that asked the same
// questions, itself left out. One that cannot be read is none.
func neighbours(dir string, run sample.Run) []earlier {
	full, err := filepath.Abs(dir)
	if err != nil {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(full))
	if err != nil {
		return nil
	}
	var out []earlier
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(full), e.Name())
		if !e.IsDir() || path == full {
			continue
		}
		other, err := folder.ReadRun(path)
		if err != nil || questions(other) != questions(run) || other.ID == run.ID {
			continue
		}
		b, err := os.ReadFile(filepath.Join(path, folder.FiguresFile))
		if err != nil {
			continue
		}
		var r figure.Result
		if json.Unmarshal(b, &r) == nil && r.Schema == figure.SchemaVersion {
			out = append(out, earlier{other, r})
		}
	}
	return out
}

// questions names what a run asked: the same tasks, digit by digit, in the same
// way.
func questions(run sample.Run) string {
	var out []string
	for _, t := range run.Tasks {
		out = append(out, t.Name+" "+t.SHA256)
	}
	slices.Sort(out)
	return run.Suite + "\n" + strings.Join(out, "\n")
}

// versus sets quantizations beside each other, and devices.
func (w *writer) versus() {
	l := w.l
	w.sideBySide(l.t("Quantization against quantization", "量子化どうしの比較"), "quantizations",
		func(t sample.Target) string {
			return strings.Join([]string{t.Model, t.Machine, t.Backend, streams(t), t.Label}, "\x00")
		},
		func(t sample.Target) string { return t.Quantization })
	w.sideBySide(l.t("Device against device", "機器どうしの比較"), "devices",
		func(t sample.Target) string {
			return strings.Join([]string{t.Model, t.Quantization, streams(t), t.Label}, "\x00")
		},
		func(t sample.Target) string { return w.machine(t.Machine) })
}

// sideBySide shows targets that are alike but for one thing.
func (w *writer) sideBySide(title, name string, alike, differs func(sample.Target) string) {
	groups := map[string][]sample.Target{}
	var order []string
	for _, t := range w.run.Targets {
		k := alike(t)
		if t.Where == "cloud" || slices.ContainsFunc(groups[k], func(o sample.Target) bool { return differs(o) == differs(t) }) {
			continue
		}
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], t)
	}
	order = slices.DeleteFunc(order, func(k string) bool { return len(groups[k]) < 2 })
	if len(order) == 0 {
		return
	}
	w.H(2, title)
	for i, k := range order {
		list := groups[k]
		if len(order) > 1 || name == "devices" {
			w.H(3, list[0].Model)
		}
		if w.sources(list) > 1 {
			w.Warn(w.l.t("Their energy does not come from the same source: it is shown, and not comparable.", "エネルギーの出どころが異なるため、並べて示すだけで比較はできません。"))
		}
		t := &page.Table{Head: []string{w.l.t("Variant", "種類")}}
		figures := []string{"accuracy", "power_w", "energy_j", "j_per_output_token", "ipw", "ipj"}
		for _, n := range figures {
			t.Head = append(t.Head, w.l.name(n))
		}
		for _, target := range list {
			row := []page.Cell{{Main: differs(target)}}
			for _, n := range figures {
				row = append(row, w.wholeCell(target.ID, n))
			}
			t.Rows = append(t.Rows, row)
		}
		for _, n := range []string{"accuracy", "j_per_output_token"} {
			w.variants(fmt.Sprintf("%s-%d-%s", name, i+1, fileName(n)), n, list, differs)
		}
		w.Add(page.Block{Table: t})
	}
	w.P(w.l.t("Whether a difference is more than chance: irori measure compare.", "差が偶然かどうかは irori measure compare で調べられます。"))
}

func (w *writer) wholeCell(target, name string) page.Cell {
	g := w.group(target, "all", "", quality...)
	if g == nil {
		return page.Cell{Main: "–"}
	}
	f, ok := g.Get(name)
	return w.l.cell(f, ok)
}

// sources counts where the energy of targets comes from.
func (w *writer) sources(list []sample.Target) int {
	seen := map[string]bool{}
	for _, t := range list {
		if g := w.group(t.ID, "all", "", quality...); g != nil {
			if f, ok := g.Get("energy_j"); ok && f.Method != "" {
				seen[f.Method+"/"+f.Basis] = true
			}
		}
	}
	return len(seen)
}

func (w *writer) variants(name, figureName string, list []sample.Target, differs func(sample.Target) string) {
	var rows []plot.Bar
	var said []string
	percent := shares[figureName]
	for _, t := range list {
		g := w.group(t.ID, "all", "", quality...)
		if g == nil {
			continue
		}
		if f, ok := g.Get(figureName); ok && f.Value != nil {
			r := within(f)
			rows = append(rows, plot.Bar{Label: differs(t), Values: []*plot.Range{&r}})
			said = append(said, differs(t)+" "+value(f, *f.Value)+unit(f))
		}
	}
	if len(rows) > 1 {
		w.Add(w.picture(name, list[0].Model+": "+w.l.name(figureName), strings.Join(said, "; "), func(f plot.Frame) string {
			f.PercentY = percent
			return plot.Bars(f, nil, rows)
		}))
	}
}

// trend shows generations of models by their dates of release, and one's own
// past runs.
func (w *writer) trend() {
	l := w.l
	generations := w.generations()
	histories := w.histories()
	if len(generations) == 0 && len(histories) == 0 {
		return
	}
	w.H(2, l.t("Over time", "推移"))
	for _, n := range []string{"accuracy", "ipj"} {
		if lines := w.series(generations, n); len(lines) > 0 {
			w.lines("generations-"+n, l.name(n)+l.t(" by date of release", "（公開日順）"), "", l.name(n), shares[n], lines)
		}
	}
	for _, n := range []string{"accuracy", "ipj"} {
		if lines := w.series(histories, n); len(lines) > 0 {
			w.lines("past-"+n, l.name(n)+l.t(" over the runs in this folder", "（このフォルダーの測定）"), "", l.name(n), shares[n], lines)
		}
	}
}

// moment is a group at a date.
type moment struct {
	label string
	at    time.Time
	group *figure.Group
}

// generations are the local models whose dates of release are known, where there
// are several dates.
func (w *writer) generations() []moment {
	var out []moment
	days := map[string]bool{}
	for _, t := range w.run.Targets {
		at, ok := date(t.Released)
		if g := w.group(t.ID, "all", "", quality...); ok && g != nil && t.Where != "cloud" {
			days[day(t.Released)] = true
			out = append(out, moment{w.l.t("models by release", "公開日順のモデル"), at, g})
		}
	}
	if len(days) < 2 {
		return nil
	}
	return out
}

// histories are the same target in this run and in those beside it.
func (w *writer) histories() []moment {
	var out []moment
	for _, t := range w.run.Targets {
		now, ok := date(w.run.Started)
		g := w.group(t.ID, "all", "", quality...)
		if !ok || g == nil {
			continue
		}
		list := []moment{{label(w.run, t), now, g}}
		for i := range w.past {
			p := &w.past[i]
			for _, o := range p.run.Targets {
				at, ok := date(p.run.Started)
				if !ok || o.Model != t.Model || o.Quantization != t.Quantization || o.Streams != t.Streams || o.Label != t.Label || machineName(p.run, o.Machine) != w.machine(t.Machine) {
					continue
				}
				if g := p.result.Group(o.ID, "quality", "all", ""); g != nil {
					list = append(list, moment{label(w.run, t), at, g})
				}
			}
		}
		if len(list) > 1 {
			out = append(out, list...)
		}
	}
	return out
}

func machineName(run sample.Run, id string) string {
	return (&writer{run: run}).machine(id)
}

// series makes lines of moments, one a label.
func (w *writer) series(list []moment, name string) []plot.Line {
	lines := map[string]*plot.Line{}
	var order []string
	slices.SortStableFunc(list, func(a, b moment) int { return cmp.Compare(a.at.Unix(), b.at.Unix()) })
	for _, m := range list {
		f, ok := m.group.Get(name)
		if !ok || f.Value == nil {
			continue
		}
		// Energy of another source is another line.
		key := m.label
		if f.Method != "" {
			key += " · " + w.l.method(f.Method)
		}
		if lines[key] == nil {
			lines[key] = &plot.Line{Label: key, Colour: len(order)}
			order = append(order, key)
		}
		line := lines[key]
		line.X, line.Y = append(line.X, float64(m.at.Unix())/86400), append(line.Y, within(f))
		line.Names = append(line.Names, m.at.Format("2006-01-02"))
	}
	var out []plot.Line
	for _, k := range order {
		if len(lines[k].X) > 1 {
			out = append(out, *lines[k])
		}
	}
	return out
}

// date reads a date, with or without a time or a day.
func date(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02", "2006-01", "2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
