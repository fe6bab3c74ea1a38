#!/usr/bin/env bash
# Drives the Responses API with the clients that people use: the Python and npm
# packages openai, and codex, which edits a file by a scripted model's calls
# and talks to the real one. Needs bin/irori, bin/engine and the home with the
# small model; the clients are installed once, into a cache outside the tree.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache=${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/responses-$(cat "$here/package-lock.json" "$here/requirements.txt" | sha256sum | cut -c1-12)
model_home=${IRORI_TEST_HOME:-$root/bin/testhome}

if [ ! -e "$cache/done" ]; then
	rm -rf "$cache"
	mkdir -p "$cache"
	cp "$here/package.json" "$here/package-lock.json" "$cache/"
	npm ci --prefix "$cache" --ignore-scripts --no-audit --no-fund --loglevel=error
	python3 -m venv "$cache/venv"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps -r "$here/requirements.txt"
	touch "$cache/done"
fi

work=$(mktemp -d)
pids=()
finish() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	rm -rf "$work"
}
trap finish EXIT
fail() {
	echo "FAIL $1" >&2
	shift
	for f in "$@"; do echo "--- $f" >&2; tail -n 40 "$f" >&2; done
	exit 1
}

go build -C "$root" -o "$work/fakellm" ./cmd/fakellm
"$work/fakellm" -models fake -text "All done." >"$work/fake.url" &
pids+=($!)
mkdir "$work/home"
cp -al "$model_home/models" "$work/home/models" 2>/dev/null || cp -a "$model_home/models" "$work/home/models"
for _ in $(seq 100); do [ -s "$work/fake.url" ] && break; sleep 0.1; done
fake=$(cat "$work/fake.url")
IRORI_HOME="$work/home" IRORI_ENGINE_DIR="$root/bin/engine" "$root/bin/irori" up --json --addr 127.0.0.1:0 smollm2-135m-instruct \
	--backend "fake=openai:$fake" >"$work/up.json" 2>"$work/up.log" &
pids+=($!)
for _ in $(seq 600); do grep -q '"event":"ready"' "$work/up.json" && break; sleep 0.1; done
BASE_URL=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/up.json" | head -1)
[ -n "$BASE_URL" ] || fail "the server does not start" "$work/up.log"
export BASE_URL

script() { curl -sf -X PUT "$fake/fake/knobs" -d "$(python3 -c 'import json,sys; print(json.dumps({"script": sys.argv[1]}))' "$1")"; }

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

IRORI_HOME="$work/home" "$root/bin/irori" log --json >"$work/log.json"
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
