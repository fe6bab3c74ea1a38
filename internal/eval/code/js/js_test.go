package js

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// did runs a job as the child would.
func did(t *testing.T, j Job) (status int, out, errs string) {
	t.Helper()
	j.Token = "done"
	b, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	var o, e bytes.Buffer
	status = Main(bytes.NewReader(b), &o, &e)
	return status, o.String(), e.String()
}

func TestMain(t *testing.T) {
	for _, c := range []struct{ answer, tests, out, errs string }{
		{"const f = x => x + 1", "assert.equal(f(1), 2); console.log('a', [1, 2])", "a 1,2\n\ndone\n", ""},
		{"function f() { return [1, {a: 2n}] }", "assert.deepEqual(f(), [1, {a: 2n}])", "\ndone\n", ""},
		{"function f() { return [1] }", "assert.deepEqual(f(), [2])", "", "[1] is not [2]"},
		{"const f = x => x", "assert(f(0), 'none')", "", "none"},
		{"var f = 1; var assert = () => {}; assert.equal = assert", "assert.equal(f, 2)", "", "1 is not 2"},
		{"let f = {", "", "", "SyntaxError"},
		{"", "g()", "", "ReferenceError: g is not defined"},
		{"async function f() { return 1 }", "f().then(x => assert.equal(x, 2))", "", "a promise was refused: Error: 1 is not 2"},
		{"async function f() { await null; return 2 }", "f().then(x => assert.equal(x, 2))", "\ndone\n", ""},
		{"const later = []", "setTimeout(() => assert.equal(later.length, 1), 10); later.push(1)", "\ndone\n", ""},
		{"", "setTimeout(() => assert(false), 0)", "", "does not hold"},
		{"", "assert.throws(() => { throw 1 }); assert.near(.1 + .2, .3); assert.deepEqual(new Set([1]), new Set([1]))", "\ndone\n", ""},
		{"", "assert.deepEqual(new Map([[1, 2]]), new Map([[1, 3]]))", "", "is not"},
		{"", "assert.throws(() => 1)", "", "nothing was thrown"},
		{"throw {toString() { throw 1 }}", "", "", ""},
		{"Promise.reject({toString() { throw 1 }})", "", "", "without words"},
		{"class A { #x = 1; get x() { return this.#x ?? 0 } }; module.exports = A", "assert.equal(new A()?.x, 1)", "\ndone\n", ""},
	} {
		status, out, errs := did(t, Job{Answer: c.answer, Tests: c.tests})
		if (status == 0) != (c.out != "") || out != c.out || !strings.Contains(errs, c.errs) {
			t.Errorf("%s; %s: %d %q %q", c.answer, c.tests, status, out, errs)
		}
	}
}

func TestNoEnd(t *testing.T) {
	status, _, errs := did(t, Job{Answer: "for (;;) {}", Seconds: .05})
	if status != 1 || !strings.Contains(errs, "out of time") {
		t.Error(status, errs)
	}
	status, _, errs = did(t, Job{Answer: "function f(n) { return n ? f(n - 1) : 1 }; f(9000); f(20000)"})
	if status != 1 || !strings.Contains(errs, "RangeError") {
		t.Error(status, errs)
	}
}

// TestNothingElse holds that a script finds the language and what is listed,
// whatever way it goes.
func TestNothingElse(t *testing.T) {
	list(t)
	for _, name := range []string{"require", "process", "fetch", "XMLHttpRequest", "WebSocket", "Deno", "Bun", "load", "read", "quit", "os", "std", "Go"} {
		if status, _, errs := did(t, Job{Tests: "assert.equal(typeof " + name + ", 'undefined'); assert.equal(console.log.constructor('return typeof " + name + "')(), 'undefined')"}); status != 0 {
			t.Error(name, errs)
		}
	}
	// Go's values would show by members that JavaScript's functions have not.
	for _, v := range []string{"console.log", "print", "setTimeout", "console", "module", "exports"} {
		if _, out, _ := did(t, Job{Answer: "print(Object.getOwnPropertyNames(" + v + ").join())"}); strings.ContainsAny(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") {
			t.Errorf("%s has %s", v, out)
		}
	}
}

// list are the global names that are none of the language's.
func list(t *testing.T) {
	t.Helper()
	_, out, errs := did(t, Job{Answer: "print(Object.getOwnPropertyNames(globalThis).filter(n => /^[a-z]/.test(n)).sort().join())"})
	names := strings.Split(strings.SplitN(out, "\n", 2)[0], ",")
	known := []string{"console", "decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "escape", "eval", "exports", "globalThis", "isFinite", "isNaN", "module", "parseFloat", "parseInt", "print", "setTimeout", "undefined", "unescape"}
	for _, n := range names {
		if !slices.Contains(known, n) {
			t.Errorf("a script finds %q %s", n, errs)
		}
	}
}
