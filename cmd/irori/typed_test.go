package main

import (
	"bytes"
	"context"
	"testing"

	"irori/internal/app"
	"irori/internal/engine/ffi"
	"irori/internal/llm"
	"irori/internal/term/verb"
)

// Where the shell does not find the program, a hint names the path that it was
// called by.
func TestHintsNameWhatCanBeTyped(t *testing.T) {
	var b bytes.Buffer
	c := program("bin/irori").Call(stopVerb(), verb.Streams{Err: &b})
	for in, want := range map[string]string{
		"irori stop, or set IRORI_HOME to another folder":    "bin/irori stop, or set IRORI_HOME to another folder",
		"wait a moment: irori pull x; irori help up":         "wait a moment: bin/irori pull x; bin/irori help up",
		"did you mean a? irori pull a":                       "did you mean a? bin/irori pull a",
		"/opt/bin/irori stop":                                "/opt/bin/irori stop",
		"irori 0.1.0-dev answers; irori serves, irori/local": "irori 0.1.0-dev answers; irori serves, irori/local",
		"": "",
	} {
		if got := c.Typed(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	c.Report(&b, llm.Errorf(llm.CodeNotFound, "no server runs").WithHint("irori up"))
	if want := "irori: error: no server runs\nirori: hint: bin/irori up\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
	b.Reset()
	c.Say("  end it  irori stop")
	if b.String() != "  end it  bin/irori stop\n" {
		t.Errorf("%q", b.String())
	}
}

// What follows until it is stopped was stopped as it should be.
func TestFollowEndsWithoutAnError(t *testing.T) {
	t.Setenv("IRORI_HOME", t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	if status := dispatch(ctx, []string{"log", "--follow"}, verb.Streams{In: nil, Out: &out, Err: &err}); status != 130 || err.Len() != 0 {
		t.Errorf("status %d, %q", status, err.String())
	}
}

// The version says of the engine what the library and the ledger say.
func TestVersionNamesTheEngine(t *testing.T) {
	if app.Engine != "llama.cpp "+ffi.Want.Llama || app.EngineRelease != ffi.Want.Release {
		t.Errorf("%s of %s, and the engine wants %+v", app.Engine, app.EngineRelease, ffi.Want)
	}
}

func TestAnnounceBoundsTheFirstRequest(t *testing.T) {
	t.Setenv("IRORI_HOME", t.TempDir())
	var b bytes.Buffer
	env, err := app.Open("", &b)
	if err != nil {
		t.Fatal(err)
	}
	announce(program("irori").Call(upVerb(), verb.Streams{Err: &b}), env, app.Ready{URL: "http://127.0.0.1:1616", Model: "m"})
	if !bytes.Contains(b.Bytes(), []byte(`"max_tokens":64}'`)) {
		t.Error(b.String())
	}
}
