package check

import "testing"

// TestGo has pieces of programs as answers show them, whole and broken.
func TestGo(t *testing.T) {
	for name, c := range map[string]struct {
		code string
		ok   bool
	}{
		"parameters broken":             {"func add(a int, b int int {\n\treturn a + b\n}", false},
		"operand missing":               {"func main() {\n\tx := 1 +\n}", false},
		"operand missing, one line":     {"func main() { x := 1 + }", false},
		"call never closed":             {"fmt.Println(\"a\"", false},
		"call never closed, and import": {"import \"fmt\"\n\nfmt.Println(\"a\"", false},
		"import and main broken":        {"import \"fmt\"\n\nfunc main( {\n\tfmt.Println(1)\n}", false},
		"body never closed":             {"func f() {\n\tg()\n", false},
		"one brace too many":            {"func f() {\n\tg()\n}\n}", false},
		"string never closed":           {"import \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"a)\n}", false},
		"else on its own line":          {"if x {\n\tf()\n}\nelse {\n\tg()\n}", false},
		"file with statements":          {"package main\n\nx := 1", false},
		"another language":              {"def add(a, b):\n    return a + b", false},
		"prose":                         {"This is a function that adds.", false},
		"broken beside an elision":      {"func add(a int, b int int {\n\t...\n}", false},
		"broken beside a comment":       {"func add(a int {\n\t// …\n}", false},
		"second file broken":            {"package a\n\nfunc f() {}\n\npackage b\n\nfunc g( {}", false},
		"one function broken":           {"func f() {}\n\nfunc g() { return 1 + }\n\nfunc h() {}", false},
		"variadic never closed":         {"func f(xs ...int {\n}", false},

		"file":                        {"// main.go\npackage main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(1) }", true},
		"two files":                   {"package a\n\nfunc f() {}\n\n// b.go\npackage b\n\nfunc g() {}", true},
		"declarations":                {"type T struct{ n int }\n\nfunc (t T) N() int { return t.n }", true},
		"imports and declarations":    {"import (\n\t\"fmt\"\n)\n\nfunc f() { fmt.Println(1) }", true},
		"generic":                     {"func Map[T, U any](xs []T, f func(T) U) []U {\n\tvar out []U\n\tfor _, x := range xs {\n\t\tout = append(out, f(x))\n\t}\n\treturn out\n}", true},
		"statements":                  {"x := 1\nfmt.Println(x)", true},
		"imports and statements":      {"import \"fmt\"\n\nx := 1\nfmt.Println(x)", true},
		"declarations and statements": {"type T struct{}\n\nfunc (T) M() {}\n\nt := T{}\nt.M()\nif t.ok {\n\treturn\n} else {\n\tt.M()\n}", true},
		"statements and declarations": {"add(1, 2) // 3\n\nfunc add(a, b int) int { return a + b }", true},
		"expression":                  {"a + b*c", true},
		"function literal":            {"func(x int) int { return x }", true},
		"signature":                   {"func (r *Reader) Read(p []byte) (n int, err error)", true},
		"type alone":                  {"map[string][]int", true},
		"channel type":                {"<-chan int", true},
		"fields":                      {"Name string `json:\"name\"`\nAge  int    `json:\"age\"`", true},
		"what is imported":            {"xray \"example.org/aws\"\n\"example.org/trace\"", true},
		"methods":                     {"Read(p []byte) (n int, err error)\nClose() error", true},
		"members":                     {"Addr: \":80\",\nHandler: mux,", true},
		"members without a comma":     {"Addr: \":80\",\nHandler: mux", true},
		"cases":                       {"case 1:\n\treturn \"one\"\ndefault:\n\treturn \"more\"", true},
		"receives":                    {"case v := <-c:\n\tuse(v)\ncase <-done:\n\treturn", true},
		"only a comment":              {"// nothing to do", true},
		"return":                      {"return a + b, nil", true},
		"label":                       {"outer:\n\tfor {\n\t\tbreak outer\n\t}", true},

		"body left out":              {"func main() { ... }", true},
		"body left out, a sign":      {"func main() { … }", true},
		"lines left out":             {"func f() {\n\t...\n}", true},
		"lines left out, with words": {"func f() {\n\tx := 1\n\t... rest of the code\n\tuse(x)\n}", true},
		"comment left out":           {"func f() {\n\t// …\n\t// ... existing code ...\n}", true},
		"file with lines left out":   {"package p\n\n...\n\nfunc f() {\n\t…\n}", true},
		"arguments left out":         {"x := f(...)", true},
		"some arguments left out":    {"x := f(a, ..., z)\ny := g(b, ...)", true},
		"elements left out":          {"xs := []int{\n\t1,\n\t2,\n\t...\n}", true},
		"condition left out":         {"if ... {\n\tf()\n}", true},
		"value left out":             {"x := ...\ny = …", true},
		"to be filled in":            {"client := New(<token>)\nuse(client)", true},
		"variadic":                   {"func f(xs ...int) { g(xs...) }", true},
		"array by its elements":      {"xs := [...]int{1, 2}", true},
		"less than":                  {"if a < b && c > d {\n\tf()\n}", true},
	} {
		if why := programs("Here:\n\n```go\n" + c.code + "\n```\n"); (why == "") != c.ok {
			t.Errorf("%s: %q", name, why)
		}
	}
	// Tags carry more than the language.
	for _, tag := range []string{"go", "golang", "Go", "go title=\"main.go\"", "go:main.go", "go,linenos", "{.go}", "go {1,3}"} {
		if why := programs("```" + tag + "\nfunc main( {\n```\n"); why == "" {
			t.Errorf("%s is not read as Go", tag)
		}
	}
}
