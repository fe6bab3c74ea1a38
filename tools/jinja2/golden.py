"""Writes internal/chat/jinja/testdata/golden.json: small templates and what the real Jinja2 3.1.6 makes of them.

    python golden.py CASES.txt OUT.json

Cases stand one a line, \\n for a newline inside. A template that raises is kept with the exception's name, and the Go
test only demands that it fails as well.
"""
import json
import pathlib
import sys

from reference import environment

VARS = {
    "s": "Hello <World>", "j": "日本語 テキスト\tと 改行\n二行目", "e": "", "n": 7, "neg": -3, "f": 2.5, "big": 1e22, "t": True, "no": False,
    "nil": None, "l": [3, 1, 2], "ll": [[1, 2], [3, 4]], "w": ["b", "A", "c", "a"], "d": {"b": 1, "a": [1, "x", None], "items": "key"},
    "users": [{"name": "Bo", "age": 30, "tags": ["x"]}, {"name": "al", "age": 25}, {"name": "Cy", "age": 30, "tags": []}],
    "q": "it's \"q\" \\ \n\t\x07 é 😀 \u200b", "html": "<p>a &amp; <b>b</b></p>",
}


def main():
    env, rows = environment(), []
    for line in pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("##"):
            continue
        row = {"src": line.replace("\\n", "\n").replace("\\\n", "\\n")}
        try:
            row["out"] = env.from_string(row["src"]).render(**VARS)
        except Exception as e:
            row["error"] = type(e).__name__
        rows.append(row)
    out = {"vars": VARS, "rows": rows}
    pathlib.Path(sys.argv[2]).write_text(json.dumps(out, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} cases, {sum('error' in r for r in rows)} raise")


if __name__ == "__main__":
    main()
