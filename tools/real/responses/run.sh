#!/usr/bin/env bash
# Drives the Responses API with the clients that people use: the Python and npm
# packages openai, and codex, which edits a file by a scripted model's calls
# and talks to the real one. Needs bin/irori, bin/engine and the home with the
# small model; the clients are installed once, into a cache outside the tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
clients "$here"
serve

script '[{"tool":"files__look","arguments":"{\"path\":\"a\"}"},{"tool":"patch","arguments":"{\"input\":\"*** Begin\\n\\u706b\\n\"}"}]'
"$cache/venv/bin/python" -W ignore "$here/check.py" || fail "the Python package" "$work/up.log"
cp "$here/check.mjs" "$cache/check.mjs" # beside its node_modules
node "$cache/check.mjs" || fail "the npm package" "$work/up.log"

# codex MODEL FOLDER PROMPT
codex() {
	mkdir -p "$work/codex"
	cat >"$work/codex/config.toml" <<-C
		model = "$1"
		model_provider = "irori"
		[features]
		api_key_model_discovery = true
		[model_providers.irori]
		name = "Irori"
		base_url = "$BASE_URL/v1"
		env_key = "IRORI_API_KEY"
		wire_api = "responses"
		model_catalog_url = "$BASE_URL/v1/models"
		request_max_retries = 0
		stream_max_retries = 0
	C
	CODEX_HOME="$work/codex" IRORI_API_KEY=none timeout 120 "$cache/node_modules/.bin/codex" exec --skip-git-repo-check \
		--dangerously-bypass-approvals-and-sandbox -C "$2" "$3" </dev/null >"$work/codex.out" 2>&1
}

# It reads a file, edits it, and asks for an agent that is not there by a tool
# in a namespace: only codex itself can answer that.
mkdir "$work/task"
echo one >"$work/task/notes.txt"
script '[{"tool":"exec_command","arguments":"{\"cmd\":\"cat notes.txt\"}"},{"tool":"exec_command","arguments":"{\"cmd\":\"echo two 火 >> notes.txt\"}"},{"tool":"multi_agent_v1__wait_agent","arguments":"{\"targets\":[\"nobody\"]}"}]'
curl -sf -X DELETE "$fake/fake/requests"
codex fake/fake "$work/task" "add a second line to notes.txt" || fail "codex with the scripted model" "$work/codex.out" "$work/up.log"
[ "$(cat "$work/task/notes.txt")" = "$(printf 'one\ntwo 火')" ] || fail "codex did not edit the file" "$work/codex.out"
grep -q "All done." "$work/codex.out" || fail "codex did not say that it is done" "$work/codex.out"
curl -sf "$fake/fake/requests" >"$work/seen.json"
grep -q "invalid agent id nobody" "$work/seen.json" || fail "the call in a namespace did not come back to codex" "$work/codex.out"
echo "ok   codex edits a file"

# The small model cannot use tools; it can say something.
codex irori/local "$work/task" "Say hello." || fail "codex with the real model" "$work/codex.out" "$work/up.log"
echo "ok   codex talks to the real model"

"$root/bin/irori" log --json >"$work/log.json"
python3 - "$work/log.json" <<'P' || fail "the ledger" "$work/log.json"
import json, sys
rows = [json.loads(l) for l in open(sys.argv[1])]
rows = [r for r in rows if r["api"] == "responses"]
assert len(rows) > 20, len(rows)
for r in rows:
    assert r["status"] in ("ok", "cancelled"), r
    assert r["status"] != "ok" or r.get("prompt_tokens", 0) > 0, r
P
echo "ok   the ledger has them all"
