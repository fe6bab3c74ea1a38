package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"irori/internal/app/probe"
	"irori/internal/hw"
	"irori/internal/llm"
	"irori/internal/store/sqlite"
	"irori/internal/unit"
	"irori/internal/worker"
)

// Verdict says how a finding bears on serving.
type Verdict string

// The verdicts: fine, worth knowing, in the way of something, in the way of
// serving.
const (
	VerdictOK   Verdict = "ok"
	VerdictNote Verdict = "note"
	VerdictWarn Verdict = "warn"
	VerdictFail Verdict = "fail"
)

// Finding is one thing that Doctor looked at.
type Finding struct {
	About   string  `json:"about"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
	// Hint is a command that helps.
	Hint string `json:"hint,omitempty"`
	// Facts are the same in figures, where there are any.
	Facts any `json:"facts,omitempty"`
}

// Diagnosis is what Doctor found.
type Diagnosis struct {
	Version  string    `json:"version"`
	Home     string    `json:"home"`
	CanServe bool      `json:"can_serve"`
	Findings []Finding `json:"findings"`
}

// Doctor looks at what serving needs. It changes nothing.
func (e *Env) Doctor(ctx context.Context) Diagnosis {
	var hello *worker.Hello
	var engine Finding
	var others []Finding
	var wg sync.WaitGroup
	wg.Go(func() { hello, engine = e.probeEngine(ctx) })
	wg.Go(func() { others = e.otherEngines(ctx) })
	wg.Wait()
	d := Diagnosis{Version: Version, Home: e.Home, CanServe: true}
	d.Findings = append(d.Findings, machine()...)
	d.Findings = append(d.Findings, e.sensorFindings(ctx)...)
	d.Findings = append(d.Findings, engine)
	if hello != nil {
		d.Findings = append(d.Findings, placement(hello))
	}
	d.Findings = append(d.Findings, e.homeFindings()...)
	d.Findings = append(d.Findings, e.serverFindings(ctx)...)
	d.Findings = append(d.Findings, others...)
	for _, f := range d.Findings {
		if f.Verdict == VerdictFail {
			d.CanServe = false
		}
	}
	return d
}

// finding makes a Finding of an error.
func finding(about string, v Verdict, err error) Finding {
	f := Finding{About: about, Verdict: v, Text: err.Error()}
	if e, ok := errors.AsType[*llm.Error](err); ok {
		f.Hint = e.Hint
	}
	return f
}

// probeEngine lets a worker load the libraries, and nothing else: what does
// not load is said with the reason, and a library that aborts takes only the
// worker down.
func (e *Env) probeEngine(ctx context.Context) (*worker.Hello, Finding) {
	dir, err := e.EngineDir()
	if err != nil {
		return nil, finding("engine", VerdictFail, err)
	}
	h, err := probe.Engine(ctx, dir)
	if err != nil {
		return nil, finding("engine", VerdictFail, err)
	}
	return h, Finding{
		About: "engine", Verdict: VerdictOK, Text: fmt.Sprintf("%s (ggml %s, commit %s) in %s", h.Engine, h.Ggml, h.Commit, dir),
		Facts: map[string]any{"engine": h.Engine, "ggml": h.Ggml, "commit": h.Commit, "dir": dir, "system": h.System},
	}
}

// placement says where models will run, and why.
func placement(h *worker.Hello) Finding {
	var names []string
	for _, d := range h.Devices {
		if d.GPU {
			names = append(names, fmt.Sprintf("%s (%s, %s free of %s)", d.Name, d.Description, unit.Bytes(d.FreeBytes), unit.Bytes(d.TotalBytes)))
		}
	}
	f := Finding{About: "placement", Verdict: VerdictOK, Facts: h.Devices}
	if len(names) > 0 {
		f.Text = "GPU: " + strings.Join(names, ", ")
		return f
	}
	f.Text = "CPU: " + h.NoGPU
	return f
}

// homeFindings look at the folder where everything is kept.
func (e *Env) homeFindings() []Finding {
	out := []Finding{e.disk()}
	if _, err := os.Stat(e.Home); errors.Is(err, fs.ErrNotExist) {
		if !hw.Writable(e.Home) {
			return append(out, Finding{About: "home", Verdict: VerdictFail, Text: e.Home + " is not there and cannot be made", Hint: hintWritable})
		}
		out = append(out, Finding{About: "home", Verdict: VerdictOK, Text: e.Home + " is not there yet: the first pull or start makes it"})
		return append(out, e.modelFindings()...)
	}
	if err := e.tryWriting(); err != nil {
		f := finding("home", VerdictFail, err)
		f.Hint = hintWritable
		if hw.DiskFull(err) {
			f.Hint = hintRoom
		}
		return append(out, f)
	}
	out = append(out, Finding{About: "home", Verdict: VerdictOK, Text: e.Home + " can be written"})
	return append(append(out, e.ledgerFinding()), e.modelFindings()...)
}

// tryWriting writes a small file in the home and removes it again: rights and
// a quota show only then.
func (e *Env) tryWriting() error {
	f, err := os.CreateTemp(e.Home, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 64<<10))
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// lowDisk is what the smallest useful model and a year of records need.
const lowDisk = 2 << 30

func (e *Env) disk() Finding {
	f := Finding{About: "disk", Verdict: VerdictOK}
	free := hw.FreeDisk(e.Home)
	if free == nil {
		f.Verdict, f.Text = VerdictNote, "how much is free is not known here"
		return f
	}
	f.Text, f.Facts = free.String()+" free at "+e.Home, map[string]int64{"free_bytes": int64(*free)}
	switch {
	case *free < leastRoom:
		f.Verdict, f.Hint = VerdictFail, hintRoom
	case *free < lowDisk:
		f.Verdict, f.Hint = VerdictWarn, hintRoom
	}
	return f
}

func (e *Env) ledgerFinding() Finding {
	path := e.Ledger().Path()
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Finding{About: "ledger", Verdict: VerdictOK, Text: "empty; the first request makes it"}
	}
	if err == nil {
		var f *os.File
		// Opened as the server does, but nothing is written.
		if f, err = os.OpenFile(path, os.O_RDWR, 0); err == nil {
			err = f.Close()
		}
	}
	if err == nil {
		var s *sqlite.Store
		if s, err = e.Ledger().Open(); s != nil {
			err = s.Close()
		}
	}
	if err != nil {
		f := finding("ledger", VerdictFail, err)
		f.Hint = "check the rights and the disk: ls -l " + filepath.Dir(path)
		return f
	}
	return Finding{
		About: "ledger", Verdict: VerdictOK, Text: fmt.Sprintf("%s, can be written, %s", path, unit.Bytes(st.Size())),
		Facts: map[string]any{"path": path, "bytes": st.Size()},
	}
}

// Fits reports whether a model of so many parameters has room in this
// machine's memory when it is quantized to four bits; nil where the memory is
// not known. The estimate is the catalog's own: 4.85 bits a weight, a tenth
// and 200 MB for the cache and buffers of a short context.
func (e *Env) Fits(parameters uint64) *bool {
	have := availableMemory()
	if have <= 0 {
		return nil
	}
	fits := int64(float64(parameters)*4.85/8*1.1)+200_000_000 <= have
	return &fits
}
