"""Renders chat templates with the real Jinja2, as Hugging Face's transformers sets it up.

    python reference.py TEMPLATES_DIR OUT.json

OUT.json lists {template, conversation, vars, out | error, now}. The Go test of build tag `accept` renders the same
templates with the same variables and demands the same text.
"""
import datetime
import json
import pathlib
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2026, 3, 7, 9, 5, 2)


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_support"), [], [], body).set_lineno(lineno)

    def _support(self, caller):
        return caller()


def environment():
    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


def user(text):
    return {"role": "user", "content": text}


def assistant(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(name, arguments, id="call00001"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def tool(name, text, id="call00001"):
    return {"role": "tool", "tool_call_id": id, "name": name, "content": text}


SYSTEM = {"role": "system", "content": "You are <b>careful</b> & brief. 簡潔に。"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather <now> of a place & its \"mood\" 天気",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "町の名前, e.g. 東京"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            },
            "required": ["location"],
        },
    },
}
BOOK = {
    "type": "function",
    "function": {
        "name": "book",
        "description": "Book a table.",
        "parameters": {
            "type": "object",
            "required": ["when", "people"],
            "properties": {
                "when": {"type": "string", "format": "date-time"},
                "people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": ["string", "null"]}, "age": {"type": "integer", "minimum": 0, "maximum": 150}}, "required": ["name"]}},
                "price": {"type": "number", "exclusiveMinimum": 0.5, "nullable": True},
                "quiet": {"type": "boolean", "default": False},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "it's\nlong 😀"},
            },
            "additionalProperties": False,
        },
    },
}
EMPTY = {"type": "function", "function": {"name": "ping", "description": "", "parameters": {"type": "object", "properties": {}}}}


def conversations():
    hello = user("Hello <world> & こんにちは、元気？ \"quoted\" it's")
    turns = [SYSTEM, user("1+1?"), assistant("2 です。"), user("  And <2+2>?\n")]
    asked = [user("東京の天気は？"), assistant("", tool_calls=[call("get_weather", {"location": "東京", "unit": "celsius"})])]
    answered = asked + [tool("get_weather", '{"temp": 21.5, "sky": "<晴れ>"}')]
    yield "user", {"messages": [hello]}
    yield "system+turns", {"messages": turns}
    yield "tools", {"messages": [hello], "tools": [WEATHER]}
    yield "call+result", {"messages": answered, "tools": [WEATHER]}
    # more of our own
    yield "no prompt", {"messages": [hello, assistant("はい <ok>")], "add_generation_prompt": False}
    yield "turns no prompt", {"messages": turns + [assistant("4")], "add_generation_prompt": False}
    yield "think on", {"messages": turns, "enable_thinking": True, "thinking": True}
    yield "think off", {"messages": turns, "enable_thinking": False, "thinking": False}
    yield "effort", {"messages": turns, "reasoning_effort": "high"}
    yield "effort low", {"messages": [hello], "reasoning_effort": "low", "tools": [WEATHER]}
    yield "system tools", {"messages": turns, "tools": [WEATHER, BOOK, EMPTY]}
    yield "nested schema", {"messages": [hello], "tools": [BOOK]}
    yield "empty schema", {"messages": [hello], "tools": [EMPTY]}
    yield "final answer", {"messages": answered + [assistant("晴れ、21.5℃です。"), user("ありがとう")], "tools": [WEATHER, BOOK]}
    yield "none content", {"messages": [asked[0], assistant(None, tool_calls=asked[1]["tool_calls"]), answered[2]], "tools": [WEATHER]}
    yield "text and call", {"messages": [SYSTEM, asked[0], assistant("調べます。", tool_calls=asked[1]["tool_calls"]), answered[2]], "tools": [WEATHER]}
    two = [call("get_weather", {"location": "大阪"}, "call00001"), call("book", {"when": "2026-03-08T19:00:00", "people": [{"name": "愛", "age": 30}, {"name": None}], "price": 1e20, "quiet": True, "note": None}, "call00002")]
    results = [tool("get_weather", "rain\n", "call00001"), tool("book", "full", "call00002")]
    yield "two calls", {"messages": [asked[0], assistant("", tool_calls=two)] + results, "tools": [WEATHER, BOOK]}
    yield "two calls done", {"messages": [SYSTEM, asked[0], assistant("x", tool_calls=two)] + results + [assistant("done"), user("thanks")], "tools": [WEATHER, BOOK]}
    yield "calls in a row", {"messages": answered + [assistant("", tool_calls=[call("book", {"when": "now", "people": []}, "call00003")]), tool("book", "ok", "call00003")], "tools": [WEATHER, BOOK]}
    yield "call no args", {"messages": [hello, assistant("", tool_calls=[call("ping", {})]), tool("ping", "pong")], "tools": [EMPTY]}
    yield "string args", {"messages": [hello, assistant("", tool_calls=[call("get_weather", '{"location": "京都"}')]), tool("get_weather", "hot")], "tools": [WEATHER]}
    yield "calls without tools", {"messages": answered}
    thought = assistant("答えは4。", reasoning_content="2+2 を計算 <hm>\n\nso 4")
    yield "reasoning", {"messages": [user("2+2?"), thought, user("3+3?")]}
    yield "reasoning last", {"messages": [user("2+2?"), thought], "add_generation_prompt": False}
    yield "reasoning on", {"messages": [user("2+2?"), thought, user("3+3?")], "enable_thinking": True}
    yield "reasoning call", {"messages": [asked[0], assistant("", reasoning_content="must look", tool_calls=asked[1]["tool_calls"]), answered[2]], "tools": [WEATHER], "enable_thinking": True}
    yield "thinking field", {"messages": [user("2+2?"), assistant("4", thinking="easy"), user("3+3?")]}
    yield "think in text", {"messages": [user("2+2?"), assistant("<think>\nhm\n</think>\n\n4"), user("3+3?")]}
    yield "think in text last", {"messages": [user("2+2?"), assistant("<think>hm</think>4")], "add_generation_prompt": False}
    yield "empty content", {"messages": [user(""), assistant(""), user(" \n")]}
    yield "multi line", {"messages": [user("a\n\n  b\r\n\tc\\n {{ x }} {% y %} {# z #}"), assistant("```py\nprint('x')\n```\n"), user("€😀\u3000x\u00a0")]}
    yield "late system", {"messages": [hello, assistant("yes"), SYSTEM, user("go on")]}
    yield "developer", {"messages": [{"role": "developer", "content": "Be kind."}, hello]}
    yield "two systems", {"messages": [SYSTEM, {"role": "system", "content": "More."}, hello]}
    yield "system only", {"messages": [SYSTEM]}
    yield "parts", {"messages": [{"role": "user", "content": [{"type": "text", "text": "Look: "}, {"type": "text", "text": "ここ"}]}]}
    yield "image", {"messages": [{"role": "user", "content": [{"type": "image", "image": "x.png"}, {"type": "text", "text": "what?"}]}]}
    yield "parts turns", {"messages": [{"role": "system", "content": [{"type": "text", "text": "Sys"}]}, {"role": "user", "content": [{"type": "text", "text": "hi"}]}, {"role": "assistant", "content": [{"type": "text", "text": "yo"}]}, {"role": "user", "content": [{"type": "text", "text": "again"}]}], "tools": [WEATHER]}
    yield "no type", {"messages": [asked[0], assistant("", tool_calls=[{"function": {"name": "get_weather", "arguments": {"location": "x"}}}]), {"role": "tool", "content": "ok"}], "tools": [WEATHER]}
    yield "long", {"messages": [SYSTEM] + [m for i in range(12) for m in (user(f"q{i} 質問"), assistant(f"a{i} 答え"))] + [user("last")], "tools": [WEATHER]}
    yield "number args", {"messages": [hello, assistant("", tool_calls=[call("f", {"a": 1, "b": -2.5, "c": [1, [2.0, {"k": "v"}]], "d": None, "e": True, "f": "x\"y'z", "g": {}, "h": 1e-7})]), tool("f", "1")], "tools": [EMPTY]}
    yield "documents", {"messages": [hello], "documents": [{"title": "文書", "text": "本文 <a>", "contents": "本文"}]}
    deep = {"type": "function", "function": {"name": "deep", "description": "d'eep \\ \"x\" \u2028 \x7f", "strict": True, "parameters": {
        "type": "object", "$defs": {"n": {"properties": {"next": {"anyOf": [{"$ref": "#/$defs/n"}, {"type": "null"}]}}}},
        "properties": {"a": {"type": "object", "properties": {"b": {"type": "array", "items": {"properties": {"c": {"enum": [1, "二", None, True, 2.0]}, "d": {"const": -0.0}}}}}}, "u": {"type": ["string", "integer"], "default": []}, "x": {}},
        "required": []}}}
    yield "deep schema", {"messages": turns, "tools": [deep, {"type": "function", "function": {"name": "bare"}}]}
    yield "deep call", {"messages": [hello, assistant(None, tool_calls=[call("deep", {"a": {"b": [{"c": "二", "d": -0.0}]}, "u": 9007199254740993, "x": {"é": "\u2028\u0000"}, "o": [1.0, 1e16, 1e-5]})]), tool("deep", '[1, {"a": null}]'), hello], "tools": [deep]}
    yield "three users", {"messages": [hello, user("もう一度"), user("三度")]}
    yield "assistant first", {"messages": [assistant("yes"), assistant("no"), hello]}
    yield "no messages", {"messages": []}
    yield "null contents", {"messages": [user(None), assistant(None), hello]}
    yield "spaces", {"messages": [{"role": "system", "content": "\t lead and trail \n\n"}, user("\n\n lead\n"), assistant("\r\n x \r\n"), user("\x0b\x0c\x1c\x85\u2003y\u2003\x85")]}
    yield "markers in text", {"messages": [user("<|im_end|>\n<|eot_id|>[INST]</s>{{ bos_token }}{% raw %}"), assistant("</think><tool_call>{}</tool_call>"), user("\u0000\ufeff👩‍👩‍👧 ı İ ß ﬁ Ǆ")]}
    yield "result in parts", {"messages": asked + [{"role": "tool", "tool_call_id": "call00001", "content": [{"type": "text", "text": "晴れ"}]}], "tools": [WEATHER]}
    yield "result as an object", {"messages": asked + [{"role": "tool", "tool_call_id": "call00001", "content": {"t": 1.50, "list": [True, None]}}], "tools": [WEATHER]}
    yield "many arguments", {"messages": turns, "date_string": "1 Jan 2020", "builtin_tools": ["brave_search"], "model_identity": "わたし", "keep_past_thinking": True, "available_tools": [WEATHER], "thinking_budget": 0, "xml_tools": [WEATHER]}
    yield "name field", {"messages": [{"role": "user", "name": "太郎", "content": "hi"}, {"role": "assistant", "name": "bot", "content": "yo"}, user("x")]}


def variables(conversation):
    out = {"tools": None, "documents": None, "add_generation_prompt": True, "bos_token": "<BOS>", "eos_token": "<EOS>"}
    out.update(conversation)
    return out


def main():
    templates, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    env, rows = environment(), []
    for path in sorted(templates.glob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for name, conversation in conversations():
            row = {"template": path.name, "conversation": name, "vars": variables(conversation), "now": NOW.isoformat()}
            try:
                row["out"] = env.from_string(source).render(**variables(conversation))
            except Exception as e:  # whatever it is, the template does not render
                row["error"] = f"{type(e).__name__}: {e}"
            rows.append(row)
    out.write_text(json.dumps({"jinja2": jinja2.__version__, "rows": rows}, ensure_ascii=False), encoding="utf-8")
    good = sum("out" in r for r in rows)
    first = [r for r in rows if r["conversation"] in ("user", "system+turns", "tools", "call+result")]
    print(f"jinja2 {jinja2.__version__}: {good} of {len(rows)} render;"
          f" of the first four conversations {sum('out' in r for r in first)} of {len(first)}")


if __name__ == "__main__":
    main()
