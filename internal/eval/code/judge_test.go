package code

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"irori/internal/eval/sandbox"
	"irori/internal/eval/score"
)

// own is an item of ours in Python.
var own = Item{
	Prompt: "def middle(s: str) -> str:\n    \"\"\"真ん中の文字を返す。\"\"\"\n", Entry: "middle",
	Tests: "def check(candidate):\n    assert candidate('abc') == 'b'\n    assert candidate('日本語') == '本'\n",
}

func TestJudge(t *testing.T) {
	if _, err := FindPython(t.Context()); err != nil {
		t.Skip(err)
	}
	for _, c := range []struct {
		answer string
		state  score.State
		why    string
	}{
		{"    return s[len(s) // 2]\n", score.Right, ""},
		{"<think>def middle</think>```python\ndef middle(s):\n    return s[len(s) // 2]\n```", score.Right, ""},
		{"```python\nfrom __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\ndef middle(s):\n    return s[len(s) // 2]\nif __name__ == '__main__':\n    middle(None)\n```", score.Right, ""},
		{"    return s[0]\n", score.Wrong, "AssertionError"},
		{"    return nothing\n", score.Wrong, "NameError: name 'nothing' is not defined"},
		{"    return ((\n", score.Wrong, "SyntaxError: '(' was never closed"},
		{"    while True: pass\n", score.Wrong, "it took more than 500ms"},
		{"    import os; os._exit(0)\n", score.Wrong, "it ended before its tests did"},
		{"    raise SystemExit\n", score.Wrong, "it ended before its tests did"},
		{"    print('x' * 2000000)\n    return s[len(s) // 2]\n", score.Wrong, "it wrote more than"},
		{"    open('/etc/passwd')\n", score.Wrong, "PermissionError"},
		{"    return [s * 10 ** 12]\n", score.Wrong, "it took more than 512 MiB"},
		{"Nobody knows.", score.Unparsed, "no program was found"},
		{"", score.Unparsed, "no program was found"},
	} {
		it := own
		if strings.Contains(c.answer, "while") {
			it.Limits.Time = 500 * time.Millisecond
		} else {
			it.Limits.Time = time.Minute // however busy the machine is
		}
		v, err := Judge(t.Context(), it, c.answer)
		if err != nil || v.State != c.state || !strings.HasPrefix(v.Why, c.why) || (v.Parsed == nil) != (c.state == score.Unparsed) {
			t.Errorf("%s\n%v %+v", c.answer, err, v)
		}
		if strings.Contains(v.Run.Stdout, "\n\n") {
			t.Errorf("the token stands in %q", v.Run.Stdout)
		}
	}
	// Tests that call what they test themselves, without check.
	it := Item{Entry: "f", Tests: "assert f(2) == 4"}
	if v, err := Judge(t.Context(), it, "def f(x):\n    return 2 * x"); err != nil || v.State != score.Right {
		t.Errorf("%v %+v", err, v)
	}
}

func TestJudgeScript(t *testing.T) {
	for _, c := range []struct {
		answer string
		state  score.State
		ended  sandbox.State
	}{
		{"```js\nfunction add(a, b) { return a + b }\n```", score.Right, sandbox.Passed},
		{"const add = (a, b) => a - b", score.Wrong, sandbox.Failed},
		{"function add(a, b) { for (;;) {} }", score.Wrong, sandbox.TimedOut},
		{"function add(a, b) { const l = []; for (;;) l.push(new Array(1000).fill(l.length)) }", score.Wrong, sandbox.OutOfMemory},
		{"function add(a, b) { let s = 'x'; for (;;) s += s }", score.Wrong, sandbox.OutOfMemory},
		{"function add(a, b) { return new Uint8Array(2 ** 31).fill(1) }", score.Wrong, sandbox.OutOfMemory},
		{"function add(a, b) { return new Array(2 ** 31).fill('x').join('') }", score.Wrong, sandbox.OutOfMemory},
		{"function add(a, b) { return /^(?=(a+)+$)x/.test('a'.repeat(50) + 'b') || add(a, b) }", score.Wrong, ""},
		{"function add(a, b) { return add(a, b) + 1 }", score.Wrong, sandbox.Failed},
		{"function add(a, b) { return 7n ** (10n ** 9n) }", score.Wrong, ""},
		{"function add(a, b) { for (;;) console.log('x'.repeat(1000)) }", score.Wrong, sandbox.Failed},
		{"function add(a, b) { return eval(\"import('fs')\") }", score.Wrong, sandbox.Failed},
		{"function add(a, b) { return add.constructor('return process')().exit(0) }", score.Wrong, sandbox.Failed},
		{"function add(a, b) { return require('child_process') }", score.Wrong, sandbox.Failed},
		{"function add(a, b) { Object.prototype.equal = Function.prototype.equal = () => {}; return 0 }", score.Wrong, sandbox.Failed},
	} {
		it := Item{Language: JavaScript, Entry: "add", Tests: "assert.equal(add(1, 2), 3)", Limits: sandbox.Limits{Time: 20 * time.Second, Memory: 128 << 20}}
		if c.ended == sandbox.TimedOut || c.ended == "" {
			it.Limits.Time = 500 * time.Millisecond
		}
		v, err := Judge(t.Context(), it, c.answer)
		if err != nil || v.State != c.state || c.ended != "" && v.Run.State != c.ended {
			t.Errorf("%s\n%v %s %+v", c.answer, err, v.State, v.Run)
		}
	}
}

func TestSkipped(t *testing.T) {
	v, err := Judge(t.Context(), Item{Language: "cobol"}, "```\nx\n```")
	if err != nil || v.State != score.Skipped || v.Why != `no interpreter of "cobol" is known` {
		t.Errorf("%v %+v", err, v)
	}
	for _, path := range []string{"", "/nowhere", ".", t.TempDir()} {
		if host, err := findPython(t.Context(), path); err == nil {
			t.Errorf("%q has %v", path, host)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Judge(ctx, Item{Language: JavaScript, Entry: "f"}, "const f = 1"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
