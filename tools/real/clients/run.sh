#!/usr/bin/env bash
# Drives the server with the clients that people use: the ordinary calls of npm,
# Python and Go packages, and the file-editing loops of Claude Code and
# opencode, which irori connect points here. Needs bin/irori, bin/engine and the
# home with the small model. Responses and codex have a folder of their own.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
clients "$here"
serve

script '[{"tool":"weather","arguments":"{\"city\":\"京都\"}"}]'
"$cache/venv/bin/python" -W ignore "$here/check.py" || fail "the Python packages" "$work/up.log"
cp "$here/check.mjs" "$cache/check.mjs" # beside its node_modules
node --no-warnings "$cache/check.mjs" || fail "the npm packages" "$work/up.log"
for sdk in go ollama; do
	(cd "$here/$sdk" && go run .) || fail "the Go packages ($sdk)" "$work/up.log"
done

# The agents know only what irori connect wrote, in a home of their own.
export HOME="$work/person"
mkdir -p "$HOME" "$work/task"
# edited NAME checks what an agent was to do.
edited() {
	[ "$(cat "$work/task/notes.txt")" = "$(printf 'one\ntwo 火')" ] || fail "$1 did not edit the file" "$work/$1.out" "$work/up.log"
	grep -q "All done." "$work/$1.out" || fail "$1 did not say that it is done" "$work/$1.out"
	echo "ok   $1 edits a file"
}
for agent in claude opencode; do
	"$root/bin/irori" connect "$agent" --model fake/fake --small fake/fake >"$work/connect.log" 2>&1 || fail "irori connect $agent" "$work/connect.log"
done
cd "$work/task"

echo one >notes.txt
script '[{"tool":"Read","arguments":"{\"file_path\":\"'"$work"'/task/notes.txt\"}"},{"tool":"Edit","arguments":"{\"file_path\":\"'"$work"'/task/notes.txt\",\"old_string\":\"one\",\"new_string\":\"one\\ntwo 火\"}"}]'
claude=$(echo "$cache"/node_modules/@anthropic-ai/claude-code-linux-x64/claude)
timeout 120 "$claude" -p "add a second line" --permission-mode acceptEdits --allowedTools Read,Edit </dev/null >"$work/claude.out" 2>&1 ||
	fail "claude with the scripted model" "$work/claude.out" "$work/up.log"
edited claude

echo one >notes.txt
script '[{"tool":"read","arguments":"{\"filePath\":\"'"$work"'/task/notes.txt\"}"},{"tool":"edit","arguments":"{\"filePath\":\"'"$work"'/task/notes.txt\",\"oldString\":\"one\",\"newString\":\"one\\ntwo 火\"}"}]'
opencode=$(echo "$cache"/node_modules/opencode-linux-x64/bin/opencode)
timeout 120 "$opencode" run "add a second line" </dev/null >"$work/opencode.out" 2>&1 ||
	fail "opencode with the scripted model" "$work/opencode.out" "$work/up.log"
edited opencode


for agent in claude opencode; do
	"$root/bin/irori" connect "$agent" --undo >"$work/connect.log" 2>&1 || fail "irori connect $agent --undo" "$work/connect.log"
done
[ -z "$(find "$HOME" -name settings.json -o -name opencode.json)" ] || fail "irori connect --undo left something"
echo "ok   irori connect takes it back"

"$root/bin/irori" log --json >"$work/log.json"
python3 - "$work/log.json" <<'P' || fail "the ledger" "$work/log.json"
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
apis = {r["api"] for r in rows}
assert {"chat", "messages", "embeddings", "responses", "ollama_chat", "ollama_generate", "ollama_embed"} <= apis, apis
for r in rows:
    assert r["status"] in ("ok", "cancelled"), r
    assert r["status"] != "ok" or r.get("prompt_tokens", 0) > 0, r
P
echo "ok   the ledger has them all"
