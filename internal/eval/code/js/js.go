// Package js is JavaScript for code items: an interpreter that knows no file,
// no network and no process, with an end to time, memory and depth.
//
// It is meant to run in a process of its own (package sandbox), where going
// too far costs nobody else anything.
package js

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"

	"irori/internal/eval/sandbox"
)

// Name is the argument by which the program knows that it is to be this
// interpreter.
const Name = "js"

// Job is what runs: an answer, then its tests, as scripts of one realm.
type Job struct {
	Answer string `json:"answer"`
	Tests  string `json:"tests"`
	// Seconds and Bytes end the job from within; what the sandbox does stands
	// behind both.
	Seconds float64 `json:"seconds"`
	Bytes   uint64  `json:"bytes"`
	// Token is written as a line of its own when all tests have passed.
	Token string `json:"token"`
}

// maxDepth bounds calls within calls, about as browsers do.
const maxDepth = 10_000

// Main reads a job, runs it, and returns the exit status.
func Main(in io.Reader, out, errs io.Writer) int {
	var j Job
	if err := json.NewDecoder(in).Decode(&j); err != nil {
		fmt.Fprintln(errs, "no job:", err)
		return 2
	}
	debug.SetMaxStack(256 << 20)
	if j.Bytes > 0 {
		go guard(j.Bytes, errs)
	}
	w := bufio.NewWriter(out)
	err := j.run(w)
	if err == nil {
		fmt.Fprintf(w, "\n%s\n", j.Token)
	}
	if flush := w.Flush(); err == nil {
		err = flush
	}
	if err != nil {
		fmt.Fprintln(errs, err)
		return 1
	}
	return 0
}

// guard ends the process when it holds too much.
func guard(limit uint64, errs io.Writer) {
	held := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for {
		metrics.Read(held)
		if held[0].Value.Uint64() > limit {
			fmt.Fprintln(errs, "out of memory")
			os.Exit(sandbox.ExitMemory)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// errTime is why a script is interrupted.
var errTime = errors.New("out of time")

func (j Job) run(w io.Writer) error {
	vm := goja.New()
	vm.SetMaxCallStackSize(maxDepth)
	if j.Seconds > 0 {
		t := time.AfterFunc(time.Duration(j.Seconds*float64(time.Second)), func() { vm.Interrupt(errTime) })
		defer t.Stop()
	}
	r := &realm{vm: vm, out: w, refused: map[*goja.Promise]goja.Value{}}
	if err := r.furnish(); err != nil {
		return err
	}
	if _, err := vm.RunScript("answer.js", j.Answer); err != nil {
		return r.plainly(err)
	}
	// Whatever the answer called assert, the tests have theirs.
	if err := r.assertions(); err != nil {
		return err
	}
	if _, err := vm.RunScript("tests.js", j.Tests); err != nil {
		return r.plainly(err)
	}
	return r.settle()
}

// realm is what a script finds beside the language.
type realm struct {
	vm      *goja.Runtime
	out     io.Writer
	refused map[*goja.Promise]goja.Value
	later   []goja.Callable
}

// furnish adds what answers use out of habit: words go to the output, and a
// module's exports nowhere.
func (r *realm) furnish() error {
	console := r.vm.NewObject()
	for _, name := range []string{"log", "info", "warn", "error", "debug"} {
		if err := console.Set(name, r.say); err != nil {
			return err
		}
	}
	module := r.vm.NewObject()
	exports := r.vm.NewObject()
	if err := module.Set("exports", exports); err != nil {
		return err
	}
	for name, v := range map[string]any{"console": console, "print": r.say, "module": module, "exports": exports, "setTimeout": r.wait} {
		if err := r.vm.Set(name, v); err != nil {
			return err
		}
	}
	r.vm.SetPromiseRejectionTracker(func(p *goja.Promise, op goja.PromiseRejectionOperation) {
		if op == goja.PromiseRejectionReject {
			r.refused[p] = p.Result()
		} else {
			delete(r.refused, p)
		}
	})
	return nil
}

func (r *realm) say(c goja.FunctionCall) goja.Value {
	words := make([]string, len(c.Arguments))
	for i, a := range c.Arguments {
		words[i] = a.String()
	}
	if _, err := fmt.Fprintln(r.out, strings.Join(words, " ")); err != nil {
		panic(r.vm.NewGoError(err))
	}
	return goja.Undefined()
}

// maxWaiting bounds the functions that are to be called later.
const maxWaiting = 10_000

// wait keeps a function for when the script has ended. Nobody's time is spent
// on waiting: the order counts, not the clock.
func (r *realm) wait(c goja.FunctionCall) goja.Value {
	f, ok := goja.AssertFunction(c.Argument(0))
	if !ok || len(r.later) >= maxWaiting {
		panic(r.vm.NewTypeError("setTimeout takes a function, and not too many"))
	}
	r.later = append(r.later, f)
	return r.vm.ToValue(len(r.later))
}

// settle calls what was put off. Promises that nobody caught are failures.
func (r *realm) settle() error {
	for len(r.later) > 0 {
		f := r.later[0]
		r.later = r.later[1:]
		if _, err := f(goja.Undefined()); err != nil {
			return r.plainly(err)
		}
	}
	for _, why := range r.refused {
		return fmt.Errorf("a promise was refused: %s", r.words(why))
	}
	return nil
}

// words are a thrown value's; reading them may throw again.
func (r *realm) words(v goja.Value) (s string) {
	if v == nil {
		return "undefined"
	}
	if ex := r.vm.Try(func() { s = v.String() }); ex != nil {
		return "a value without words"
	}
	return s
}

// plainly says what was thrown, without where in our files.
func (r *realm) plainly(err error) error {
	if in, ok := errors.AsType[*goja.InterruptedError](err); ok {
		return fmt.Errorf("%v", in.Value())
	}
	if _, ok := errors.AsType[*goja.StackOverflowError](err); ok {
		return errors.New("RangeError: more calls within calls than are allowed")
	}
	if ex, ok := errors.AsType[*goja.Exception](err); ok {
		return errors.New(r.words(ex.Value()))
	}
	return err
}

// assertions gives tests what they ask by: assert(ok, words), assert.equal,
// assert.deepEqual, assert.throws.
func (r *realm) assertions() error {
	v, err := r.vm.RunScript("assert.js", assertions)
	if err != nil {
		return r.plainly(err)
	}
	return r.vm.GlobalObject().Set("assert", v)
}

const assertions = `(function () {
	"use strict";
	const fail = (words, other) => { throw new Error(words === undefined ? other : String(words)); };
	const show = v => {
		if (typeof v === "bigint") return v + "n";
		try { const s = JSON.stringify(v); return s === undefined ? String(v) : s; } catch (e) { return String(v); }
	};
	const same = (a, b, depth) => {
		if (Object.is(a, b) || a === b) return true;
		if (depth > 100 || typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
		if (Object.prototype.toString.call(a) !== Object.prototype.toString.call(b)) return false;
		if (a instanceof Date) return a.getTime() === b.getTime();
		if (a instanceof Map || a instanceof Set) {
			return a.size === b.size && same([...a], [...b], depth + 1);
		}
		const keys = Object.keys(a), others = Object.keys(b);
		return keys.length === others.length && keys.every(k => Object.prototype.hasOwnProperty.call(b, k) && same(a[k], b[k], depth + 1));
	};
	const assert = (ok, words) => { if (!ok) fail(words, "an assertion does not hold"); };
	assert.ok = assert;
	assert.equal = assert.strictEqual = (a, b, words) => { if (!Object.is(a, b) && a !== b) fail(words, show(a) + " is not " + show(b)); };
	assert.deepEqual = assert.deepStrictEqual = (a, b, words) => { if (!same(a, b, 0)) fail(words, show(a) + " is not " + show(b)); };
	assert.near = (a, b, within, words) => { if (!(Math.abs(a - b) <= (within === undefined ? 1e-9 : within))) fail(words, show(a) + " is not near " + show(b)); };
	assert.throws = (f, words) => { let threw = false; try { f(); } catch (e) { threw = true; } if (!threw) fail(words, "nothing was thrown"); };
	return Object.freeze(assert);
})()`
