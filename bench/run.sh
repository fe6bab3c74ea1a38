#!/usr/bin/env bash
# The side-by-side comparisons. Wants the machine alone. PAIRS and ONLY choose
# how many and which; PEER=no leaves llama-server out.
set -euo pipefail
cd "$(dirname "$0")/.."
go build -o bin/bareloop ./bench/bareloop
go build -o bin/sidebyside ./bench/sidebyside
model=$(ls -S "$IRORI_TEST_HOME"/models/blobs/* | head -1)
peer=
if [ "${PEER:-yes}" = yes ]; then peer=$(tools/real/llama-server.sh); fi
bin/sidebyside -bin bin/irori -home "$IRORI_TEST_HOME" -model "$model" -loop bin/bareloop -peer "$peer" \
  -pairs "${PAIRS:-20}" -only "${ONLY:-}"
