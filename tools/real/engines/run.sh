#!/usr/bin/env bash
# Lets irori up start the real llama-server, twice: for words, and for vectors.
# Asks it in several dialects, kills it in between, and looks that nothing stays
# when irori ends. Needs bin/irori and the home with the small model; builds
# llama-server where it is not in the cache. With "vllm" as its argument vLLM is
# started too (6 GB, and minutes for each start), and asked the same.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lib.sh"
server=$("$here/../llama-server.sh")
gguf=$(find -L "$model_home/models/blobs" -type f -size +50M | head -1)
[ -n "$gguf" ] || fail "the small model is not in $model_home"

export IRORI_HOME="$work/home"
mkdir "$IRORI_HOME"
cat >"$IRORI_HOME/config.yaml" <<YAML
addr: 127.0.0.1:0
backends:
  words:
    kind: llamaserver
    command: [$server, -m, $gguf, --alias, small, -t, "2", -c, "4096", --jinja, --chat-template-file, $here/tools.jinja]
  vectors:
    kind: llamaserver
    command: [$server, -m, $gguf, --alias, small, -t, "1", -c, "512", --embeddings, --pooling, mean]
YAML
if [ "${1:-}" = vllm ]; then
	read -r VLLM VLLM_MODEL < <("$here/../vllm.sh" "$gguf")
	export VLLM_CPU_KVCACHE_SPACE=1
	cat >>"$IRORI_HOME/config.yaml" <<YAML
  vllm:
    kind: vllm
    command: [$VLLM, serve, $VLLM_MODEL, --served-model-name, small, --max-model-len, "2048", --dtype, bfloat16, --enforce-eager, --chat-template, $here/tools.jinja, --enable-auto-tool-choice, --tool-call-parser, hermes]
YAML
fi
# No engine and no model are here: the backends are all there is.
IRORI_ENGINE_DIR="$work" "$root/bin/irori" up --json >"$work/up.json" 2>"$work/up.log" &
pids+=($!)
for _ in $(seq 3000); do
	grep -q '"event":"ready"' "$work/up.json" && break
	kill -0 "${pids[0]}" 2>/dev/null || fail "irori up ended" "$work/up.log"
	sleep 0.1
done
BASE_URL=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/up.json" | head -1)
[ -n "$BASE_URL" ] || fail "the server does not start" "$work/up.log"
export BASE_URL IRORI="$root/bin/irori"
python3 "$here/check.py" || fail "the engines behind irori" "$work/up.log"

"$IRORI" ps --json >"$work/ps.json"
kill "${pids[0]}"
wait "${pids[0]}" || true
for p in $(python3 -c 'import json,sys; print(*[b["pid"] for b in json.load(open(sys.argv[1]))["backends"]])' "$work/ps.json"); do
	if kill -0 "$p" 2>/dev/null; then fail "process $p stayed"; fi
done
pids=()
echo "ok   nothing stays"
