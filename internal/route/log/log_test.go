package log

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/route/feature"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/store/routed"
	sqlite "irori/internal/store/sqlite/routed"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
}

func begin(t *testing.T, path string, change func(*Options)) (*Log, *sqlite.Store, *clock) {
	t.Helper()
	db, err := sqlite.Open(path, true)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: noon}
	o := Options{Shelf: db, Now: c.Now, Secret: []byte("s")}
	if change != nil {
		change(&o)
	}
	l := New(o)
	t.Cleanup(func() {
		l.Close()
		_ = db.Close()
	})
	return l, db, c
}

func entry(id, key string) routed.Entry {
	return routed.Entry{ID: id, Key: key, Time: noon, Privacy: routed.Any, Answered: routed.Weak, Weak: routed.Target{Name: "here", Model: "small"}, Strong: routed.Target{Name: "cloud", Model: "big"}}
}

func say(l *Log, w Word) (llm.Code, *Given) {
	g, err := l.Say(context.Background(), w)
	if err != nil {
		return llm.CodeOf(err), nil
	}
	return "", g
}

// empty tells when a request was looked for that is not there.
type empty struct {
	Shelf
	none chan struct{}
}

func (e empty) Get(ctx context.Context, id string) (*routed.Row, error) {
	row, err := e.Shelf.Get(ctx, id)
	if err != nil {
		e.none <- struct{}{}
	}
	return row, err
}

// A word may come before what was decided of its answer is noted.
func TestWordsComeEarly(t *testing.T) {
	none := make(chan struct{}, 9)
	l, _, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), func(o *Options) { o.Shelf = empty{o.Shelf, none} })
	id := fmt.Sprintf("%012x%020x", noon.Add(-time.Minute).UnixMilli(), 7)
	said := make(chan llm.Code)
	go func() {
		code, _ := say(l, Word{ID: id, Score: 1, Owner: true})
		said <- code
	}()
	<-none
	l.Decided(entry(id, ""))
	if code := <-said; code != "" {
		t.Errorf("refused: %s", code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	other := id[:31] + "9"
	go func() {
		_, err := l.Say(ctx, Word{ID: other, Score: 1, Owner: true})
		said <- llm.CodeOf(err)
	}()
	<-none
	cancel()
	if code := <-said; code != llm.CodeNotFound {
		t.Errorf("whoever does not wait is told %q", code)
	}
	long := fmt.Sprintf("%012x%020x", noon.Add(-2*time.Hour).UnixMilli(), 7)
	for _, id := range []string{long, "nobody", strings.Repeat("z", 32)} {
		if recent(id, noon) {
			t.Errorf("%s is waited for", id)
		}
	}
	if len(l.waits.by) != 0 {
		t.Errorf("still waited for: %v", l.waits.by)
	}
}

func TestWordsOnAnswers(t *testing.T) {
	l, _, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), nil)
	kept := entry("kept", "anna")
	kept.Question = "the text"
	open := entry("open", "anna")
	open.Answered = ""
	for _, e := range []routed.Entry{entry("one", "anna"), entry("free", ""), kept, open} {
		l.Decided(e)
	}
	for _, c := range []struct {
		w    Word
		want llm.Code
	}{
		{Word{ID: "nobody", Owner: true}, llm.CodeNotFound}, {Word{ID: "", Owner: true}, llm.CodeNotFound},
		{Word{ID: "one", Key: "bob"}, llm.CodeNotFound}, {Word{ID: "one"}, llm.CodeNotFound}, {Word{ID: "on", Key: "anna"}, llm.CodeNotFound},
		{Word{ID: "one", Key: "anna", Score: 1.5}, llm.CodeInvalidRequest}, {Word{ID: "open", Key: "anna"}, llm.CodeInvalidRequest},
		{Word{ID: "free", Key: "anna"}, llm.CodeNotFound}, {Word{ID: "free"}, ""}, {Word{ID: "one", Key: "anna", Score: 1, Comment: "fine"}, ""},
		{Word{ID: "one", Key: "anna"}, ""}, {Word{ID: "kept", Key: "anna", Comment: strings.Repeat("長", 400)}, ""},
		{Word{ID: "on", Owner: true, Score: .5}, ""}, {Word{ID: "one", Key: "anna", Score: 1}, llm.CodeForbidden},
	} {
		if got, _ := say(l, c.w); got != c.want {
			t.Errorf("%+v: %q, want %q", c.w, got, c.want)
		}
	}
	r, err := l.Get(t.Context(), "one")
	if err != nil || len(r.Labels) != 1 || r.Labels[0].Score != .5 || r.Labels[0].By != "" || r.Labels[0].Comment != "" {
		t.Errorf("the last word counts, and no text is kept: %+v %v", r, err)
	}
	r, err = l.Get(t.Context(), "kept")
	if err != nil || len(r.Labels) != 1 || len(r.Labels[0].Comment) != 999 {
		t.Errorf("%+v %v", r, err)
	}
}

// A key that says its word on everything is heard as often as others are, and
// its praise is no promise.
func TestPoisonIsBounded(t *testing.T) {
	l, db, c := begin(t, filepath.Join(t.TempDir(), "o.db"), func(o *Options) { o.FeedbackPerDay, o.SignsPerDay = 5, 3 })
	for i := range 8 {
		l.Decided(entry(fmt.Sprint("m", i), "mallory"))
	}
	refused := 0
	for i := range 8 {
		code, _ := say(l, Word{ID: fmt.Sprint("m", i), Key: "mallory"})
		if code == llm.CodeRateLimited {
			refused++
		}
	}
	if refused != 3 {
		t.Errorf("%d of 8 words refused, want 3", refused)
	}
	if code, _ := say(l, Word{ID: "m0", Key: "mallory", Score: 1}); code != "" {
		t.Errorf("another word on the same answer: %s", code)
	}
	c.forward(25 * time.Hour)
	if code, _ := say(l, Word{ID: "m7", Key: "mallory"}); code != "" {
		t.Errorf("the day after: %s", code)
	}
	// Signs: one request retried five times by as many conversations.
	for i := range 5 {
		req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, fmt.Sprint("q", i))}}
		e := entry(fmt.Sprint("s", i), "mallory")
		e.Turn = l.Asked("mallory", req)
		l.Decided(e)
		c.forward(time.Minute)
		l.Asked("mallory", req)
	}
	l.Sync(t.Context())
	if n, err := db.Labels(t.Context(), "mallory", Retry, noon, ""); n != 3 || err != nil {
		t.Errorf("%d retries noted (%v), want 3", n, err)
	}
	// On an audited answer that the judge finds wrong, the key's praise changes
	// nothing; its blame, and the owner's praise, do.
	l.Audit("m0", routed.Audited)
	l.Label("m0", routed.Weak, 0, ShadowJudge)
	l.Sync(t.Context())
	wrong := func(want float64) {
		t.Helper()
		r, err := l.Get(t.Context(), "m0")
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := Wrong(r); !ok || e != want {
			t.Errorf("wrong by %g (%v), want %g", e, ok, want)
		}
	}
	wrong(1)
	l.Label("m0", routed.Weak, 1, ShadowJudge)
	l.Sync(t.Context())
	wrong(0)
	if code, _ := say(l, Word{ID: "m0", Key: "mallory", Score: 0}); code != "" {
		t.Fatal(code)
	}
	wrong(1)
	if code, _ := say(l, Word{ID: "m0", Owner: true, Score: 1}); code != "" {
		t.Fatal(code)
	}
	wrong(0)
	// And of what is learnt a key has its share.
	got, err := Learnable(l.Rows(t.Context(), routed.Which{}), 2, true, nil)
	if err != nil || len(got) != 2 {
		t.Errorf("%d rows of one key to learn from (%v), want 2", len(got), err)
	}
}

func TestWhatIsLearntFrom(t *testing.T) {
	l, _, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), nil)
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		e := entry(id, "")
		e.Keyless = id == "b"
		switch id {
		case "e":
			e.Privacy = routed.Redact
		case "f":
			e.Privacy = "" // nobody looked
		}
		l.Decided(e)
		if id != "c" {
			l.Label(id, routed.Weak, 1, Test)
		}
	}
	l.Label("a", routed.Weak, 2, Test)
	l.Label("a", "nobody", 1, Test)
	l.Audit("d", routed.Audited)
	l.Sync(t.Context())
	ids := func(keys bool, held func(string) bool) (out string) {
		list, err := Learnable(l.Rows(t.Context(), routed.Which{}), 0, keys, held)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range list {
			out += r.ID
		}
		return out
	}
	if got := ids(false, nil); got != "abd" {
		t.Errorf("without keys: %s", got)
	}
	if got := ids(true, func(string) bool { return true }); got != "a" {
		t.Errorf("with keys demanded, and audits held out: %s", got)
	}
}

func TestSignsOfLaterRequests(t *testing.T) {
	l, _, c := begin(t, filepath.Join(t.TempDir(), "o.db"), nil)
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleUser, "why?")}}
	e := entry("one", "")
	e.Answered = routed.Strong
	e.Turn = l.Asked("", req)
	l.Decided(e)
	c.forward(time.Minute)
	l.Asked("", req)
	l.Sync(t.Context())
	r, err := l.Get(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	if b := Best(r, routed.Strong); b == nil || b.Source != Retry || b.Score != 0 || b.Weight != Weight(Retry, 0) {
		t.Errorf("%+v", r.Labels)
	}
	l.Label("one", routed.Strong, .9, Feedback)
	l.Sync(t.Context())
	if r, _ = l.Get(t.Context(), "one"); Best(r, routed.Strong).Score != .9 || Best(r, routed.Weak) != nil {
		t.Errorf("%+v", r.Labels)
	}
}

// That an answer keeps its schema says little, that it breaks it much.
func TestSchemasSayWhatIsBad(t *testing.T) {
	l, _, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), nil)
	for i, c := range []struct{ schema, judge, want float64 }{{1, 0, 0}, {0, 1, 0}, {1, 1, 1}} {
		id := fmt.Sprint(i)
		l.Decided(entry(id, ""))
		l.Label(id, routed.Weak, c.schema, Schema)
		l.Label(id, routed.Weak, c.judge, ShadowJudge)
		r, err := l.Get(t.Context(), id)
		if err != nil || Best(r, routed.Weak).Score != c.want {
			t.Errorf("%+v: %+v %v", c, r, err)
		}
	}
}

func TestRecordOfARow(t *testing.T) {
	r := &routed.Row{Entry: entry("a", "")}
	r.Audit, r.Seq, r.Share, r.Propensity, r.Route, r.Version = routed.Audited, 1, new(.25), new(.2), "auto", "v1"
	r.Labels = []routed.Label{{Side: routed.Weak, Source: Tool, Weight: .3, Score: 0}, {Side: routed.Weak, Source: ShadowJudge, Weight: .7, Score: 1}}
	r.Features = []byte("f")
	got := Record(r)
	if *got.Weak != 1 || got.WeakSource != ShadowJudge || got.Strong != nil || !got.Audited || got.Answered != "w" || got.Route != "auto@v1" ||
		math.Abs(*got.Propensity-.4) > 1e-12 || math.Abs(*got.WeakPropensity-.85) > 1e-12 ||
		*got.ChoiceChance != .2 || *got.AuditChance != .25 || string(got.Features) != `"f"` {
		t.Errorf("%+v", got)
	}
}

// What is exported without its text can be learnt from.
func TestExportIsLearntFrom(t *testing.T) {
	var v feature.Vector
	feature.NewExtractor().Vector("Why is the sky blue? 空はなぜ青いの？", &v)
	r := &routed.Row{Entry: entry("a", "")}
	r.Features = []byte(v.Kept())
	r.Labels = []routed.Label{{Side: routed.Weak, Source: Test, Weight: 1, Score: 1}}
	rec := Record(r)
	line, err := json.Marshal(rec)
	if err != nil {
		t.Fatal(err)
	}
	back, err := outcome.Read("f", bytes.NewReader(line), outcome.Logged)
	if err != nil {
		t.Fatal(err)
	}
	got := predict.Examples(back)
	if len(got) != 1 || got[0].Features == nil || len(got[0].Features.Terms) != len(v.Terms) || *got[0].Weak != 1 {
		t.Errorf("%s: %+v", line, got)
	}
}

// A shelf that hangs holds no request up: what does not fit is lost, and
// counted.
func TestAnswersDoNotWait(t *testing.T) {
	hang := make(chan struct{})
	l, _, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), func(o *Options) { o.Shelf = hanging{o.Shelf, hang} })
	for i := range 2*queued + batch {
		l.Decided(entry(fmt.Sprint(i), ""))
	}
	if l.Dropped() < queued-batch {
		t.Errorf("%d dropped", l.Dropped())
	}
	close(hang)
	l.Sync(t.Context())
	l.Close()
	l.Decided(entry("late", "")) // what comes after the end is lost too
}

type hanging struct {
	Shelf
	until chan struct{}
}

func (h hanging) Write(ctx context.Context, c []routed.Change) error {
	<-h.until
	return h.Shelf.Write(ctx, c)
}

func TestManyAtOnce(t *testing.T) {
	l, db, _ := begin(t, filepath.Join(t.TempDir(), "o.db"), func(o *Options) { o.Rows = 300 })
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 100 {
				id := fmt.Sprintf("%d-%d", g, i)
				e := entry(id, "k")
				e.Time = noon.Add(time.Duration(i) * time.Second)
				e.Turn = l.Asked("k", &llm.Request{Raw: true, Prompt: id})
				l.Decided(e)
				l.Label(id, routed.Weak, 1, Test)
				l.Audit(id, routed.Audited)
				if i%10 == 0 {
					// What is older may be gone by then.
					if code, _ := say(l, Word{ID: id, Owner: true, Score: 1}); code != "" && code != llm.CodeNotFound {
						t.Error(code)
					}
				}
			}
		})
	}
	wait.Wait()
	l.Close()
	n, labels, audited, err := db.Counts(t.Context())
	if err != nil || n < 300 || n > 300+trimEvery+batch || labels < n || audited[routed.Audited] != n {
		t.Errorf("%d requests, %d labels, %v audited (%v)", n, labels, audited, err)
	}
}

const crashFile = "IRORI_TEST_OUTCOMES"

// TestCrashHelper is the process that TestKilledBetweenWrites kills. It says on
// stdout what is written.
func TestCrashHelper(t *testing.T) {
	path := os.Getenv(crashFile)
	if path == "" {
		t.Skip("runs only as a child")
	}
	l, _, _ := begin(t, path, nil)
	for i := 0; ; i++ {
		id := fmt.Sprintf("r%d-%06d", os.Getpid(), i)
		l.Decided(entry(id, ""))
		l.Label(id, routed.Weak, 1, Test)
		l.Audit(id, routed.Audited)
		if i%7 == 0 {
			l.Sync(t.Context())
			fmt.Println("written", id)
		}
	}
}

func TestKilledBetweenWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "o.db")
	var written []string
	for range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCrashHelper$")
		cmd.Env = append(os.Environ(), crashFile+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		n := 0
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if id, ok := strings.CutPrefix(lines.Text(), "written "); ok && len(id) > 8 {
				written = append(written, id)
				n++
			}
			if n == 40 {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()
	}
	if len(written) < 100 {
		t.Fatalf("only %d were written", len(written))
	}
	db, err := sqlite.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	seen := map[int64]bool{}
	for _, id := range written {
		r, err := db.Get(t.Context(), id)
		if err != nil || len(r.Labels) != 1 || r.Audit != routed.Audited || seen[r.Seq] {
			t.Fatalf("%s: %+v %v", id, r, err)
		}
		seen[r.Seq] = true
	}
}

// What a request costs before it is answered: a conversation of 2,000
// characters is hashed.
func BenchmarkAsked(b *testing.B) {
	l := New(Options{Shelf: nothing{}})
	defer l.Close()
	req := &llm.Request{Messages: []llm.Message{llm.TextMessage(llm.RoleSystem, strings.Repeat("s", 500)), llm.TextMessage(llm.RoleUser, strings.Repeat("q", 1500))}}
	b.ReportAllocs()
	for b.Loop() {
		l.Asked("k", req)
	}
}

// nothing keeps nothing.
type nothing struct{ Shelf }

func (nothing) Trim(context.Context, time.Time, int) (int, error) { return 0, nil }

// The label that is trusted most counts, a key's only where nothing was tested or
// audited.
func TestBest(t *testing.T) {
	said := func(source, by string, score float64, after time.Duration) routed.Label {
		return routed.Label{Side: routed.Weak, Source: source, By: by, Score: score, Weight: Weight(source, score), Time: noon.Add(after)}
	}
	for _, c := range []struct {
		labels []routed.Label
		want   float64
	}{
		{[]routed.Label{said(Feedback, "ivy", .2, 0), said(Retry, "ivy", 0, 0)}, .2},
		{[]routed.Label{said(ShadowJudge, "", .9, 0), said(Feedback, "ivy", .2, 0)}, .9},
		{[]routed.Label{said(Test, "", .9, 0), said(Feedback, "ivy", .2, 1)}, .9},
		{[]routed.Label{said(ShadowJudge, "", .9, 0), said(Feedback, "", .2, 0)}, .2},
		{[]routed.Label{said(Schema, "", 1, 0), said(Feedback, "ivy", .2, 0)}, .2},
	} {
		if got := Best(&routed.Row{Labels: c.labels}, routed.Weak); got == nil || got.Score != c.want {
			t.Errorf("%+v: %+v, want %g", c.labels, got, c.want)
		}
	}
	if Best(&routed.Row{}, routed.Weak) != nil {
		t.Error("nothing was said")
	}
}
