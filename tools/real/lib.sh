# What the scripts beside this share; they source it. It makes a server with the
# real small model and a scripted one behind it, and stops what it started.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
model_home=${IRORI_TEST_HOME:-$root/bin/testhome}
work=$(mktemp -d)
pids=()

finish() {
	for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
	for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
	rm -rf "$work"
}
trap finish EXIT

# fail WHAT FILE… shows the ends of files.
fail() {
	echo "FAIL $1" >&2
	shift
	for f in "$@"; do echo "--- $f" >&2; tail -n 40 "$f" >&2; done
	exit 1
}

# clients FOLDER installs its npm and Python packages, once, into a cache
# outside the tree, and sets cache.
clients() {
	cache=${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/$(basename "$1")-$(cat "$1/package-lock.json" "$1/requirements.txt" | sha256sum | cut -c1-12)
	[ -e "$cache/done" ] && return
	rm -rf "$cache"
	mkdir -p "$cache"
	cp "$1/package.json" "$1/package-lock.json" "$cache/"
	npm ci --prefix "$cache" --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error
	python3 -m venv "$cache/venv"
	"$cache/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$1/requirements.txt"
	touch "$cache/done"
}

# serve starts both servers and sets BASE_URL and fake.
serve() {
	go build -C "$root" -o "$work/fakellm" ./cmd/fakellm
	"$work/fakellm" -models fake -text "All done." >"$work/fake.url" &
	pids+=($!)
	mkdir "$work/home"
	cp -al "$model_home/models" "$work/home/models" 2>/dev/null || cp -a "$model_home/models" "$work/home/models"
	for _ in $(seq 100); do [ -s "$work/fake.url" ] && break; sleep 0.1; done
	fake=$(cat "$work/fake.url")
	export IRORI_HOME="$work/home"
	IRORI_ENGINE_DIR="$root/bin/engine" "$root/bin/irori" up --json --addr 127.0.0.1:0 smollm2-135m-instruct \
		--backend "fake=openai:$fake" >"$work/up.json" 2>"$work/up.log" &
	pids+=($!)
	for _ in $(seq 600); do grep -q '"event":"ready"' "$work/up.json" && break; sleep 0.1; done
	BASE_URL=$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/up.json" | head -1)
	[ -n "$BASE_URL" ] || fail "the server does not start" "$work/up.log"
	export BASE_URL
}

# script JSON sets the calls that the scripted model makes one after the other.
script() { curl -sf -X PUT "$fake/fake/knobs" -d "$(python3 -c 'import json,sys; print(json.dumps({"script": sys.argv[1]}))' "$1")"; }
