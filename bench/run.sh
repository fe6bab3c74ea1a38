#!/usr/bin/env bash
# The side-by-side comparisons. Wants the machine alone. PAIRS and ONLY choose
# how many and which (ONLY=gateway is the gateway before a scripted server);
# PEER=no leaves llama-server out, LITELLM names LiteLLM's program where it is to
# be compared.
set -euo pipefail
cd "$(dirname "$0")/.."
go build -o bin/bareloop ./bench/bareloop
go build -o bin/sidebyside ./bench/sidebyside
if [ -z "${ONLY:-}" ] || [ "${ONLY:-}" = gateway ]; then
  go build -o bin/gwbench ./bench/gateway
  go build -o bin/fakellm ./cmd/fakellm
  bin/gwbench -bin bin/irori -fake bin/fakellm -home "$IRORI_TEST_HOME" -litellm "${LITELLM:-}"
  [ -z "${ONLY:-}" ] || exit 0
fi
model=$(ls -S "$IRORI_TEST_HOME"/models/blobs/* | head -1)
peer=
if [ "${PEER:-yes}" = yes ]; then peer=$(tools/real/llama-server.sh); fi
bin/sidebyside -bin bin/irori -home "$IRORI_TEST_HOME" -model "$model" -loop bin/bareloop -peer "$peer" \
  -pairs "${PAIRS:-20}" -only "${ONLY:-}"
