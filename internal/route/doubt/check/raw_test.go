package check

import (
	"encoding/json"
	"strings"
	"testing"

	"irori/internal/llm"
)

func raw(prompt string) *llm.Request { return &llm.Request{Raw: true, Prompt: prompt} }

// TestRaw judges what goes on from prompts without turns: they are questions
// too, but also letters, tales, programs and lists of examples.
func TestRaw(t *testing.T) {
	const sorry = "I'm sorry, but I can't help with that request."
	const japanese = "この町には長い歴史があり、江戸時代から宿場として栄えてきました。"
	const english = "The town has a long history, and was a post station in the Edo period."
	echo := func(prompt string, n int) *llm.Request {
		return with(raw(prompt), func(r *llm.Request) { r.Echo, r.MaxTokens = true, &n })
	}
	for _, c := range []struct {
		name string
		req  *llm.Request
		text string
		want Kind
	}{
		{"refusal", raw("Tell me of dogs"), sorry, Refusal},
		{"refusal of a dialogue", raw("User: Tell me of dogs\nAssistant:"), " " + sorry, Refusal},
		{"refusal of a template", raw("<|im_start|>user\nTell me of dogs<|im_end|>\n<|im_start|>assistant\n"), sorry, Refusal},
		{"refusal after examples", raw("Q: Who was Cato?\nA: A senator.\nQ: Who was Nero?\nA:"), " " + sorry, Refusal},
		{"refusal ja", raw("犬について教えてください。"), "申し訳ありませんが、そのご要望にはお答えできません。", Refusal},
		{"refusal behind the prompt", echo("Tell me of dogs. ", 50), "Tell me of dogs. " + sorry, Refusal},
		{"refusal of tokens", &llm.Request{Raw: true, PromptTokens: []int32{1, 2}}, sorry, Refusal},
		{"a prompt that refuses, echoed", echo("I'm sorry, but I can't help with that. Why not?", 50), "I'm sorry, but I can't help with that. Why not? It was late.", ""},
		{"speech", raw(`He looked up from his desk. "`), "I'm sorry, but I can't help you.\" She left.", ""},
		{"speech ja", raw("店員は首を振った。「"), "申し訳ありませんが、お答えできません。」", ""},
		{"letter", raw("Dear Ms Ito,\n\nthank you for the invitation to Kyoto.\n"), "Unfortunately I cannot help with the move on Sunday.", ""},
		{"letter ja", raw("伊藤様\n\nお世話になっております。\n"), "申し訳ございませんが、日曜の引っ越しはお手伝いできません。", ""},
		{"tale", raw("The stranger asked for the key. He turned to her and said:"), "I cannot give you that.", ""},
		{"examples that refuse", raw("Message: Where is my order?\nReply: I'm sorry, but I can't help with orders.\nMessage: Call me.\nReply:"), sorry, ""},
		{"program", raw("def answer(x):\n    # what is said of it\n    return \""), sorry + "\"\n", ""},

		{"loop", raw("東京は"), "、" + strings.Repeat("スコンバックサ", 24), Repetition},
		{"loop en", raw("Tell me of dogs"), strings.Repeat("Dogs are dogs. ", 12), Repetition},
		{"loop asked for", raw("Repeat it 100 times."), strings.Repeat("Dogs are dogs. ", 12), ""},
		{"zeros in a program", raw("const unsigned char t[] = {\n  0x01, 0x02,\n"), strings.Repeat("0x00, ", 40), ""},
		{"lines of a program", raw("```c\nint main(void) {\n"), strings.Repeat("    step(board);\n", 8), ""},

		{"english for japanese", raw("東京は"), english, Language},
		{"english for a question ja", raw("この町の歴史を教えてください。\n"), english, Language},
		{"chinese for japanese", raw("日本の歴史は、"), "日本历史悠久，从绳文时代开始，经历了许多不同的时代和变化，直到现代社会。", Language},
		{"japanese for english", raw("The history of the town is"), japanese, Language},
		{"goes on ja", raw("この町には"), "長い歴史があり、江戸時代から宿場として栄えてきたと言われています。", ""},
		{"goes on en", raw("The town has"), english, ""},
		{"examples of two scripts", raw("The dog runs. => 犬が走る。\nThe cat sleeps. => 猫が眠る。\nThe history of the town is long. =>"), japanese, ""},
		{"behind an arrow", raw("The history of the town is long. ->"), japanese, ""},
		{"behind a label", raw("en: The history of the town is long.\nja:"), japanese, ""},
		{"to be translated", raw("Translate into Japanese: The history of the town is long.\n"), japanese, ""},
		{"program with words ja", raw("def main():\n    print(\"こんにちは、世界\")\n"), "    for name in names:\n        print(greet(name))\n    return result\n", ""},
		{"comment ja", raw("# 配列を並べ替えて、結果を画面に出す\n"), "import sys\nvalues = sorted(sys.argv[1:])\nprint(values)\n", ""},
		{"template in latin", raw("<|im_start|>user\nこの町の歴史について教えてください。<|im_end|>\n<|im_start|>assistant\n"), "江戸時代から宿場として栄えてきました。長い歴史があります。", ""},

		{"template, english for japanese", raw("<|im_start|>user\nこの町の歴史は？<|im_end|>\n<|im_start|>assistant\n"), english, Language},

		{"empty", raw("Tell me of dogs"), " \n", Empty},
		{"only to be read", echo("Dogs bark.", 0), "Dogs bark.", ""},
		{"json", with(raw("A person as JSON:"), func(r *llm.Request) { r.Format.Kind = llm.FormatJSON }), `{"name":"Ada"}`, ""},
		{"no json", with(raw("A person as JSON:"), func(r *llm.Request) { r.Format.Kind = llm.FormatJSON }), `Here: {"name":"Ada"}`, JSON},
		{"json behind the prompt", with(echo("A person as JSON:", 50), func(r *llm.Request) { r.Format.Kind = llm.FormatJSON }), `A person as JSON:{"name":"Ada"}`, ""},
		{"schema", with(raw("A person as JSON:"), func(r *llm.Request) {
			r.Format = llm.Format{Kind: llm.FormatJSONSchema, Schema: json.RawMessage(person)}
		}), `{"name":"Ada"}`, Schema},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Whole(c.req, said(c.text))
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0].Kind != c.want) {
				t.Errorf("found %+v, want %q", got, c.want)
			}
			if c.want == Refusal || c.want == Language {
				if got := Begun(c.req, Answer{Text: c.text}); len(got) != 1 || got[0].Kind != c.want {
					t.Errorf("of its first part: %+v, want %q", got, c.want)
				}
			}
		})
	}
}
