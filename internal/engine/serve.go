package engine

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"irori/internal/engine/ffi"
	"irori/internal/llm"
	"irori/internal/worker"
)

// Serve is the whole life of a worker: it reads a Load, opens the libraries,
// loads the model and answers requests until in ends or the parent closes it.
func Serve(in io.Reader, out io.Writer) error {
	// The heap is small and short-lived beside the model: collecting less
	// often costs a few megabytes and spares the decode threads.
	debug.SetGCPercent(400)
	cores := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		// The library's threads compute; Go's own, woken to look for work
		// between two decodes, would take their cores: 3 % on two cores.
		runtime.GOMAXPROCS(max(1, cores/4))
	}
	r, w := worker.NewReader(in), worker.NewWriter(out)
	// While the libraries load nobody reads the pipe, and some drivers never
	// return.
	loaded := make(chan struct{})
	go leaveWith(os.Getppid(), loaded)
	e, err := start(r, w, cores)
	close(loaded)
	if err != nil {
		fatal(w, err)
		return err
	}
	// A write to a parent that is gone fails in the loop; a parent that is
	// gone without a write ends the reading.
	go func() {
		if err := e.read(r); !errors.Is(err, io.EOF) {
			fmt.Fprintln(os.Stderr, "worker:", err)
		}
		os.Exit(0)
	}()
	return e.loop()
}

// leaveWith ends the process once its parent is another: the one that started
// it is gone. (Windows never tells.)
func leaveWith(parent int, done <-chan struct{}) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-done:
			return
		case <-t.C:
			if os.Getppid() != parent {
				os.Exit(1)
			}
		}
	}
}

// fatal tells the parent why the worker gives up; the parent also keeps
// stderr, in case the pipe is gone.
func fatal(w *worker.Writer, err error) {
	fmt.Fprintln(os.Stderr, "worker:", err)
	if werr := w.WriteJSON(worker.KindFatal, worker.Fail(err)); werr != nil {
		fmt.Fprintln(os.Stderr, "worker:", werr)
	}
}

func start(r *worker.Reader, w *worker.Writer, cores int) (*Engine, error) {
	kind, body, err := r.Read()
	if err != nil {
		return nil, err
	}
	var load worker.Load
	if kind != worker.KindLoad {
		return nil, fmt.Errorf("the first frame is of kind %d, not a load", kind)
	}
	if err := json.Unmarshal(body, &load); err != nil {
		return nil, err
	}
	if load.Protocol != worker.Protocol {
		return nil, fmt.Errorf("the parent speaks protocol %d, this worker %d", load.Protocol, worker.Protocol)
	}
	lib, err := ffi.Open(load.LibraryDir, func(level int, text string) { libraryLog(w, level, text) })
	if err != nil {
		return nil, llm.Wrap(llm.CodeUnavailable, err, "the engine").
			WithHint("make engine, or set IRORI_ENGINE_DIR to a folder with the libraries of llama.cpp %s", ffi.Want.Release)
	}
	hello := worker.Hello{
		Protocol: worker.Protocol, PID: os.Getpid(), Engine: "llama.cpp " + lib.Version, Ggml: lib.Ggml, Commit: lib.Commit,
		System: lib.SystemInfo(),
	}
	for _, d := range lib.Devices() {
		hello.Devices = append(hello.Devices, worker.Device{Name: d.Name, Description: d.Description, GPU: d.GPU, FreeBytes: d.Free, TotalBytes: d.Total})
	}
	if !slices.ContainsFunc(hello.Devices, func(d worker.Device) bool { return d.GPU }) {
		hello.NoGPU = lib.WhyNoGPU()
	}
	if err := w.WriteJSON(worker.KindHello, hello); err != nil {
		return nil, err
	}
	if len(load.Files) == 0 {
		// A probe: the parent only wanted to know the libraries.
		return &Engine{lib: lib, out: w, inbox: make(chan any, 1), closing: true}, nil
	}
	if load.Options.Threads <= 0 {
		// Of a container's share, where it has one, not of the machine.
		load.Options.Threads = cores
	}
	began := time.Now()
	e, err := newEngine(lib, load, w)
	if err != nil {
		return nil, err
	}
	return e, w.WriteJSON(worker.KindReady, e.ready(time.Since(began)))
}

// read turns frames into messages until the pipe ends, and says how it did.
func (e *Engine) read(r *worker.Reader) error {
	for {
		kind, body, err := r.Read()
		if err != nil {
			return err
		}
		if err := e.receive(kind, body); err != nil {
			return err
		}
	}
}

func (e *Engine) receive(kind worker.Kind, body []byte) error {
	if kind == worker.KindClose {
		e.inbox <- closing{}
		return nil
	}
	if kind == worker.KindSubmit {
		var s worker.Submit
		if err := json.Unmarshal(body, &s); err != nil {
			return err
		}
		e.submit(s)
		return nil
	}
	var c worker.Call
	if err := json.Unmarshal(body, &c); err != nil {
		return err
	}
	switch kind {
	case worker.KindCancel:
		if f, ok := e.pending.Load(c.ID); ok {
			f.(*atomic.Bool).Store(true)
		}
		e.inbox <- cancelled{c.ID}
	case worker.KindPing:
		e.inbox <- ping{c.ID}
	case worker.KindEmbed:
		go e.reply(c.ID, func(rep *worker.Reply) (err error) {
			rep.Embed, err = e.embed.Vectors(c.ID, c.Embed)
			return err
		})
	case worker.KindRank:
		go e.reply(c.ID, func(rep *worker.Reply) (err error) {
			rep.Rank, err = e.embed.Ranks(c.ID, c.Rank)
			return err
		})
	case worker.KindTokenize:
		go e.reply(c.ID, func(rep *worker.Reply) (err error) {
			rep.Tokens, err = e.tokens(c.Tokenize)
			return err
		})
	default:
		return fmt.Errorf("a frame of unknown kind %d", kind)
	}
	return nil
}

// submit prepares a request beside the loop. A cancel that comes meanwhile is
// remembered.
func (e *Engine) submit(s worker.Submit) {
	arrivedAt := time.Now()
	flag := new(atomic.Bool)
	e.pending.Store(s.ID, flag)
	go func() {
		defer e.pending.Delete(s.ID)
		j, err := e.prepare(s.ID, s.Request, arrivedAt, flag.Load)
		if err != nil {
			e.inbox <- refused{s.ID, err}
			return
		}
		j.cancelled = flag.Load()
		e.inbox <- arrived{j}
	}()
}

func (e *Engine) reply(id uint64, fill func(*worker.Reply) error) {
	rep := worker.Reply{ID: id}
	if err := fill(&rep); err != nil {
		rep.Err = worker.Fail(err)
	}
	if err := e.out.WriteJSON(worker.KindReply, rep); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
}

// tokens answers a tokenize request.
func (e *Engine) tokens(req *llm.TokenizeRequest) (*llm.Tokens, error) {
	out := &llm.Tokens{MaxContext: cmp.Or(e.layout.Context(), e.layout.Limit)}
	var err error
	if req.Chat != nil {
		out.IDs, _, err = e.promptTokens(req.Chat)
	} else {
		out.IDs, err = e.model.Tokenize(req.Text, req.AddSpecial, req.ParseSpecial)
	}
	if err != nil {
		return nil, llm.Wrap(llm.CodeOf(err), err, "tokenize")
	}
	if req.WithPieces {
		for _, t := range out.IDs {
			out.Pieces = append(out.Pieces, strings.ToValidUTF8(string(e.model.Piece(nil, t, true)), "\uFFFD"))
		}
	}
	return out, nil
}

// libraryLog passes the library's warnings on; everything goes to stderr,
// whose last lines the parent keeps for the report of a crash.
func libraryLog(w *worker.Writer, level int, text string) {
	text = strings.TrimRight(text, "\n")
	if text == "" || strings.Trim(text, ".") == "" {
		return
	}
	switch level {
	case 4:
		fmt.Fprintln(os.Stderr, text)
		note(w, int(slog.LevelError), "%s", text)
	case 3:
		fmt.Fprintln(os.Stderr, text)
		note(w, int(slog.LevelDebug), "%s", text)
	}
}

// note sends a log line; a pipe that is gone is noticed by the loop.
func note(w *worker.Writer, level int, format string, args ...any) {
	if err := w.WriteJSON(worker.KindNote, worker.Note{Level: level, Message: fmt.Sprintf(format, args...)}); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
	}
}
