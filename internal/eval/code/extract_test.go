package code

import (
	"math"
	"strings"
	"testing"
)

const begun = "from typing import List\n\n\ndef help(x):\n    return x\n\n\ndef add(a: int, b: int) -> int:\n    \"\"\"Adds.\n    >>> add(1, 2)\n    3\n    \"\"\"\n"

const header = "from typing import List\n\n\ndef help(x):\n    return x\n\n\n"

func TestExtract(t *testing.T) {
	it := Item{Prompt: begun, Entry: "add"}
	for _, c := range []struct{ name, answer, want string }{
		{"the rest", "    return a + b\n", begun + "\n    return a + b\n\n"},
		{"the rest, trimmed", "c = a + b\n    return c", begun + "\n    c = a + b\n    return c\n"},
		{"the rest at the margin", "c = a + b\nreturn c", begun + "\n    c = a + b\n    return c\n"},
		{"a block at the margin", "if a:\n    return b\nreturn a + b", begun + "\n    if a:\n        return b\n    return a + b\n"},
		{"a trimmed block", "if a:\n        return b\n    return a + b", begun + "\n    if a:\n        return b\n    return a + b\n"},
		{"a trimmed block of two", "if a:\n      return b\n    return a + b", begun + "\n    if a:\n      return b\n    return a + b\n"},
		{"more behind", "    return a + b\n\nprint(add(1, 2))\n", begun + "\n    return a + b\n\n"},
		{"a class behind", "    return a + b\nclass A:\n  pass", begun + "\n    return a + b\n"},
		{"another function", "    return a + b\n\ndef sub(a, b):\n    return a - b", begun + "\n    return a + b\n\n"},
		{"a note behind", "    return a + b\n# done\n", begun + "\n    return a + b\n"},
		{"a condition behind", "    return a + b\nif __name__ == '__main__':\n    pass", begun + "\n    return a + b\n"},
		{"whole", "def add(a, b):\n    return a + b", header + "def add(a, b):\n    return a + b"},
		{"whole, with imports", "import math\ndef add(a, b):\n    return a + b", header + "import math\ndef add(a, b):\n    return a + b"},
		{"whole, with words", "Here you are:\n\ndef add(a, b):\n\n    return a + b\n\nThis adds (well) two numbers.", header + "def add(a, b):\n\n    return a + b\n"},
		{"whole, with words in a string", "def add(a, b):\n    \"\"\"\nAdds two numbers.\n\"\"\"\n    return a + b\nそれだけです。", header + "def add(a, b):\n    \"\"\"\nAdds two numbers.\n\"\"\"\n    return a + b"},
		{"fenced", "Sure:\n```python\ndef add(a, b):\n    return a + b\n```\nfoo", header + "def add(a, b):\n    return a + b"},
		{"fenced without a name", "```\ndef add(a, b):\n    return a + b\n```", header + "def add(a, b):\n    return a + b"},
		{"fenced and broken off", "```py\ndef add(a, b):\n    return a + b\n", header + "def add(a, b):\n    return a + b\n"},
		{"fenced with a margin", "```python\n    def add(a, b):\n        return a + b\n```", header + "def add(a, b):\n    return a + b"},
		{"the rest, fenced", "```python\n    return a + b\n```", begun + "\n    return a + b\n"},
		{"the rest, fenced at the margin", "```python\nreturn a + b\n```", begun + "\n    return a + b\n"},
		{"the last counts", "```python\ndef add(a, b):\n    return a - b\n```\nNo:\n```python\ndef add(a, b):\n    return a + b\n```\n```bash\npip\n```", header + "def add(a, b):\n    return a + b"},
		{"use behind", "```python\ndef add(a, b):\n    return a + b\n```\n```python\nprint(add(1, 2))\n```", header + "def add(a, b):\n    return a + b"},
		{"tildes", "~~~python\ndef add(a, b):\n    return a + b\n~~~", header + "def add(a, b):\n    return a + b"},
		{"assigned", "add = lambda a, b: a + b", header + "add = lambda a, b: a + b"},
		{"carriage returns", "    return a + b\r\n", begun + "\n    return a + b\n\n"},
		{"prose", "I cannot do that.", ""},
		{"Japanese prose", "すみません、わかりません。", ""},
		{"nothing", " \n", ""},
		{"an empty fence", "```python\n```", ""},
	} {
		got, ok := Extract(it, c.answer)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, ok, got, c.want)
		}
	}
}

func TestExtractWithoutPrompt(t *testing.T) {
	it := Item{Entry: "f"}
	for answer, want := range map[string]string{
		"```python\ndef f(): pass\n```": "def f(): pass",
		"Well.\ndef f(): pass\nDone.":   "def f(): pass",
		"Well.":                         "",
	} {
		if got, ok := Extract(it, answer); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", answer, got, ok)
		}
	}
}

func TestExtractScript(t *testing.T) {
	it := Item{Language: JavaScript, Entry: "add"}
	for answer, want := range map[string]string{
		"```js\nexport default function add(a, b) { return a + b }\n```":  "function add(a, b) { return a + b }\n",
		"```javascript\nexport const add = (a, b) => a + b;\n```":         "const add = (a, b) => a + b;\n",
		"Here:\n\nfunction add(a, b) {\n  return a + b;\n}\n\nThat adds.": "function add(a, b) {\n  return a + b;\n}\n\n",
		"```\nimport x from 'y'\nclass add {}\n```":                       "\nclass add {}\n",
		"I do not know.": "",
	} {
		if got, ok := Extract(it, answer); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v", answer, got, ok)
		}
	}
	it.Prompt = "function add(a, b) {\n"
	if got, ok := Extract(it, "  return a + b\n}"); !ok || got != "function add(a, b) {\n  return a + b\n}\n" {
		t.Errorf("%q %v", got, ok)
	}
}

// FuzzExtract holds that no answer makes it panic, and that what is found is
// some text.
func FuzzExtract(f *testing.F) {
	f.Add("```python\ndef add(a, b):\n    return a\n```", "add")
	f.Add("~~~", "")
	f.Add("\t\n x:\n\n y", "add")
	f.Fuzz(func(t *testing.T, answer, entry string) {
		for _, it := range []Item{{Prompt: begun, Entry: entry}, {Entry: entry}, {Language: JavaScript, Entry: entry}, {Language: JavaScript, Prompt: "f(", Entry: entry}} {
			if got, ok := Extract(it, answer); ok && strings.TrimSpace(got) == "" {
				t.Errorf("%q", got)
			}
		}
	})
}

// TestPassAtK compares with the definition, and goes where binomials would
// not.
func TestPassAtK(t *testing.T) {
	choose := func(n, k int) float64 {
		if k > n {
			return 0
		}
		out := 1.0
		for i := range k {
			out = out * float64(n-i) / float64(i+1)
		}
		return out
	}
	for n := 1; n <= 20; n++ {
		for c := 0; c <= n; c++ {
			for k := 1; k <= n; k++ {
				if got, want := PassAtK(n, c, k), 1-choose(n-c, k)/choose(n, k); math.Abs(got-want) > 1e-12 {
					t.Errorf("%d of %d, %d: %v, want %v", c, n, k, got, want)
				}
			}
		}
	}
	if got := PassAtK(100000, 50000, 1); math.Abs(got-.5) > 1e-9 {
		t.Error(got)
	}
	if PassAtK(3, 3, 4) != 0 || PassAtK(0, 0, 1) != 0 || PassAtK(5, 5, 0) != 0 {
		t.Error("more tries than there were")
	}
}
