package reason

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestJapanese(t *testing.T) {
	for reason, want := range map[string]string{
		"cloud: nothing is known of such questions yet":                                                              "クラウド: このような質問についてはまだ何もわからない",
		"local: the conversation is here already, and a better answer is not worth it (+12 points, 15 wanted)":       "ローカル: 会話はすでにこちらにあり、よりよい答えはそれに値しない (+12 ポイント、必要なのは 15)",
		"cloud: the conversation is here already, and changing is not worth it (3 JPY, for a cost of 1)":             "クラウド: 会話はすでにこちらにあり、移すには値しない (3 JPY、費用は 1)",
		"local: it is marked as confidential":                                                                        "ローカル: it is marked as confidential",
		"local: rule 3":                                                                                              "ローカル: ルール 3",
		"local: follow ups needs no cloud":                                                                           "ローカル: 続きの質問にクラウドは要らない",
		"local: the budget of ¥0.02 a day, 2M tokens a month, $5 in total is spent":                                  "ローカル: 予算(一日 ¥0.02, 一月 2M tokens, 通算 $5)を使い切った",
		"local: requests that generate nothing stay here":                                                            "ローカル: 何も生成しないリクエストは手元に留める",
		"local: private (key, my_number)":                                                                            "ローカル: 私的な内容(key, my_number)",
		"local: private (its conversation is)":                                                                       "ローカル: 私的な内容(会話がそうである)",
		"cloud: no local target can answer it; masked: email,name":                                                   "クラウド: 手元に答えられるものがない。伏せたもの: email,name",
		"local: no other target can answer it: c/x takes 4096 tokens, and about 9000 are asked":                      "ローカル: ほかに答えられるものがない: c/x が扱えるのは 4096 トークンで、およそ 9000 トークンが求められている",
		"local: no other target can answer it: c/x is expected to begin after 3s, and 2s are wanted":                 "ローカル: ほかに答えられるものがない: c/x は 3s 後に始まる見込みで、求められているのは 2s",
		"local: no other target can answer it: c/x is not known to cost at most 2 JPY":                               "ローカル: ほかに答えられるものがない: c/x の料金が 2 JPY 以下だとはわからない",
		"cloud: no bound allows a local answer: no answer was audited yet; about 87 more audited answers are needed": "クラウド: 手元の答えを許す約束がない: まだ監査した答えがない。およそ 87 件の監査済みの答えがさらに要る",
		"cloud: escalated: the answer is doubtful: the mean log-probability of the tokens is -1.25, below the usual; the length of the answer is 3.4; the log-probabilities of the tokens (logprob_q05) is not known": "クラウド: 回した: 答えが疑わしい: トークンの対数確率の平均 は -1.25(普段より低い); 答えの長さ は 3.4; トークンの対数確率(logprob_q05) がわからない",
		"cloud: escalated: the answer is in another language":                                    "クラウド: 回した: 答えが別の言語である",
		"cloud: failover (backend_unavailable)":                                                  "クラウド: 代わりの回答(backend_unavailable)",
		"local: the server's default model":                                                      "ローカル: サーバーの既定のモデル",
		"local: no route to the cloud is configured":                                             "ローカル: クラウドへのルートが設定されていない",
		"local: the first model of backend up":                                                   "ローカル: バックエンド up の最初のモデル",
		"cloud: nothing is known of such questions yet; nobody is expected to begin within 20ms": "クラウド: このような質問についてはまだ何もわからない。20ms 以内に始まる見込みのものはない",
		"local: audit of 01a2":                                                                   "ローカル: 次の要求の監査: 01a2",
		"cache: the answer to 01a2, which is alike (0.973)":                                      "キャッシュ: 01a2 への答え。似ている(0.973)",
	} {
		if got := Japanese(reason); got != want {
			t.Errorf("%q:\n got %q\nwant %q", reason, got, want)
		}
	}
}

// tellers are the files whose sentences become reasons, with the functions in
// them that do not, since they make errors or what nobody is told.
var tellers = map[string][]string{
	"../decide/decide.go":          {"Errorf", "WithHint"},
	"../doubt/judge.go":            nil,
	"../doubt/explain.go":          nil,
	"../promise/keeper.go":         {"Errorf", "WithHint", "Warn", "Info", "Error", "Wrap"},
	"../shield/shield.go":          {"Errorf", "WithHint"},
	"../../app/routing/judge.go":   {"Errorf", "WithHint", "Warn"},
	"../../app/routing/query.go":   {"Errorf", "WithHint", "Debug", "bad"},
	"../../app/routing/routing.go": {"Errorf", "WithHint", "Warn"},
}

// apart are parts of sentences that TestJapanese has whole, and steps that no
// reason ends with.
var apart = map[string]bool{
	" needs no cloud": true, "the budget of ": true, " is spent": true, "the answer ": true, " the usual": true, "Xchanging is not worth it (X)": true,
	"the cloud is not asked: X": true, "X answers well with 3 %%, X with 3 %%": true, "a better answer is worth it (X), once the local one is seen to be doubtful": true,
	"no bound: X": true, "doubt 3 is above the bound of 3": true, "no bound before the answer: X": true, "no bound on judged answers: X": true,
}

var (
	verb  = regexp.MustCompile(`%[-+.0-9]*[a-zA-Z]`)
	latin = regexp.MustCompile(`[a-z]{2,}[ ,]+[a-z]{2,}`)
)

// What says why a decision was made has its Japanese: a sentence that is new
// there needs a phrase here.
func TestAllReasonsHaveTheirJapanese(t *testing.T) {
	found := 0
	for file, not := range tellers {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := ""
				switch f := n.Fun.(type) {
				case *ast.SelectorExpr:
					name = f.Sel.Name
				case *ast.Ident:
					name = f.Name
				}
				for _, x := range not {
					if x == name {
						return false
					}
				}
			case *ast.ImportSpec, *ast.Field:
				return false
			case *ast.BasicLit:
				if n.Kind != token.STRING {
					return true
				}
				s, err := strconv.Unquote(n.Value)
				if err != nil {
					t.Fatal(err)
				}
				s = verb.ReplaceAllStringFunc(s, func(v string) string {
					if v[len(v)-1] == 's' || v[len(v)-1] == 'v' {
						return "X"
					}
					return "3"
				})
				if !latin.MatchString(s) && !strings.HasPrefix(s, "is ") || apart[s] {
					return true
				}
				found++
				for _, in := range []string{"*", "the answer *", "private (*)", "c/x *", "; *"} {
					if got := strings.ReplaceAll(Japanese(strings.Replace(in, "*", s, 1)), "irori route train", ""); !latin.MatchString(got) {
						return true
					}
				}
				t.Errorf("%s: %q has no Japanese: %q", file, s, Japanese(s))
			}
			return true
		})
	}
	if found < 50 {
		t.Errorf("only %d sentences were found", found)
	}
}
