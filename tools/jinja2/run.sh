#!/bin/sh
# Compares internal/chat/jinja with the real Jinja2 on the chat templates that llama.cpp ships: fetches both into a
# cache folder, renders everything with Python, and runs the Go test of build tag accept on the result.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cache=${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/jinja2
package=node-llama-cpp@3.22.1
mkdir -p "$cache"

if [ ! -d "$cache/templates" ]; then
	work=$(mktemp -d "$cache/work.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	(cd "$work" && npm pack --silent "$package" >/dev/null && tar xzf node-llama-cpp-*.tgz package/llama/gitRelease.bundle)
	git clone --quiet --no-checkout "$work/package/llama/gitRelease.bundle" "$work/llama.cpp"
	git -C "$work/llama.cpp" archive --format=tar HEAD models/templates | tar xf - -C "$work"
	mv "$work/models/templates" "$cache/templates"
fi
if [ ! -x "$cache/venv/bin/python" ]; then
	python3 -m venv "$cache/venv"
fi
"$cache/venv/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$root/tools/jinja2/requirements.txt"

"$cache/venv/bin/python" "$root/tools/jinja2/reference.py" "$cache/templates" "$cache/reference.json"
cd "$root"
IRORI_JINJA_REFERENCE="$cache/reference.json" IRORI_JINJA_TEMPLATES="$cache/templates" \
	go test -count=1 -tags accept -run 'TestAgainstPython|TestEveryTemplate' ./internal/chat ./internal/chat/jinja -v
