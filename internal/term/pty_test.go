//go:build !windows

package term

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

// person types into a terminal and sees what is on it.
type person struct {
	t    *testing.T
	ptmx *os.File
	mu   sync.Mutex
	seen strings.Builder
}

func (p *person) watch() {
	buf := make([]byte, 4096)
	for {
		n, err := p.ptmx.Read(buf)
		p.mu.Lock()
		p.seen.Write(buf[:n])
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (p *person) types(s string) {
	p.t.Helper()
	if _, err := p.ptmx.WriteString(s); err != nil {
		p.t.Fatal(err)
	}
}

// waits until the text is on the screen behind what was there before.
func (p *person) waits(text string) {
	p.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		p.mu.Lock()
		s := p.seen.String()
		if i := strings.Index(s, text); i >= 0 {
			p.seen.Reset()
			p.seen.WriteString(s[i+len(text):])
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.t.Fatalf("%q never came; the screen has %q", text, p.seen.String())
}

func sit(t *testing.T) (*person, *Console) {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminals here:", err)
	}
	if err := pty.Setsize(ptmx, &pty.Winsize{Cols: 40, Rows: 10}); err != nil {
		t.Fatal(err)
	}
	c, err := OpenConsole(tty, tty)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, ptmx: ptmx}
	go p.watch()
	t.Cleanup(func() {
		c.Close()
		_ = ptmx.Close()
		_ = tty.Close()
	})
	return p, c
}

func TestReadLineInTerminal(t *testing.T) {
	p, c := sit(t)
	lines := make(chan string)
	go func() {
		defer close(lines)
		for {
			s, err := c.ReadLine(t.Context(), ">>> ", "... ")
			if errors.Is(err, ErrInterrupt) {
				s = "(interrupted)"
			} else if err != nil {
				return
			}
			lines <- s
		}
	}()
	for _, x := range []struct{ keys, want string }{
		{"かな漢字\x7f\x7f文\r", "かな文"},
		{"本\x01日\x05語\r", "日本語"},
		{"か\x1b[D\x1b[3~き\r", "き"},
		{"\x1b[A\x1b[A\r", "日本語"},
		{"going\x03", "(interrupted)"},
		{"\x1b[200~一\n二\x1b[201~\r", "一\n二"},
		{strings.Repeat("漢", 50) + "\x7f\r", strings.Repeat("漢", 49)},
	} {
		p.types(x.keys)
		select {
		case got := <-lines:
			if got != x.want {
				t.Errorf("%q gives %q, want %q", x.keys, got, x.want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%q gives no line", x.keys)
		}
	}
	p.types("\x04")
	if _, ok := <-lines; ok {
		t.Error("Ctrl-D does not end it")
	}
}

// TestCursor checks where the terminal's cursor stands behind Japanese text.
func TestCursor(t *testing.T) {
	p, c := sit(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// It ends with ctx; that is all it is for.
		_, _ = c.ReadLine(ctx, ">>> ", "... ")
	}()
	p.types("漢字")
	p.waits(">>> 漢字\r\x1b[8C")
	p.types("\x7f")
	p.waits(">>> 漢\r\x1b[6C")
	p.types("\x01")
	p.waits(">>> 漢\r\x1b[4C")
	p.types("\x05")
	p.waits(">>> 漢\r\x1b[6C")
	cancel()
	<-ended
}

// parrot repeats what is said; "forever" it goes on with until it is stopped.
type parrot struct {
	asked []string
	set   map[string]string
}

func (p *parrot) Ask(ctx context.Context, text string, show func(Piece)) (string, error) {
	p.asked = append(p.asked, text)
	switch text {
	case "forever":
		show(Piece{Text: "on and on"})
		<-ctx.Done()
		return "", ctx.Err()
	case "bad":
		return "", errors.New("it went wrong")
	}
	show(Piece{Text: "hm", Thinking: true})
	show(Piece{Text: "you said\x1b[2J "})
	show(Piece{Text: text})
	return "3 tokens", nil
}

func (p *parrot) Set(name, value string) error {
	if name != "system" {
		return fmt.Errorf("no setting %s", name)
	}
	p.set[name] = value
	return nil
}

func (p *parrot) Clear() { p.asked = nil }

func TestChat(t *testing.T) {
	p, c := sit(t)
	partner := &parrot{set: map[string]string{}}
	ended := make(chan error, 1)
	go func() {
		ended <- Chat(t.Context(), ChatOptions{
			Console: c, Partner: partner, Title: "parrot", Explain: func(err error) string { return "irori: error: " + err.Error() },
		})
	}()
	p.waits("parrot   /help")
	p.types("forget me\r")
	p.waits("you said[2J forget me")
	p.types("/clear\r")
	p.waits("forgotten")
	p.types("こんにちは\r")
	p.waits(dim + "hm" + plain + "\r\n\r\nyou said[2J こんにちは\r\n" + dim + "3 tokens")
	p.types("forever\r")
	p.waits("on and on")
	p.types("\x03")
	p.waits("(stopped)")
	p.types("bad\r")
	p.waits("irori: error: it went wrong")
	p.types("/set system \"敬語で\"\r")
	p.waits("system is set")
	p.types("/set color red\r")
	p.waits("no setting color")
	p.types("/nothing\r")
	p.waits("/nothing is not a command")
	p.types("\"\"\"一\r二\"\"\"\r")
	p.waits("you said[2J 一\r\n二")
	p.types("a\\\rb\r")
	p.waits("you said[2J a\r\nb")
	p.types("\x04")
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"こんにちは", "forever", "bad", "一\n二", "a\nb"}, partner.asked); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"system": "敬語で"}, partner.set); diff != "" {
		t.Error(diff)
	}
}

func TestVoiceInPipe(t *testing.T) {
	var b strings.Builder
	v := &Voice{Out: &b}
	for _, p := range []Piece{{"thought", true}, {"the ", false}, {"answer\x1b", false}} {
		v.Show(p)
	}
	v.End()
	if got, want := b.String(), "the answer\x1b\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestConsoleEnds(t *testing.T) {
	p, c := sit(t)
	_ = p.ptmx.Close()
	if _, err := c.ReadLine(t.Context(), "> ", "> "); !errors.Is(err, io.EOF) {
		t.Errorf("a terminal that is gone gives %v", err)
	}
}
