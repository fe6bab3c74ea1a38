#!/usr/bin/env bash
# Shows routing from end to end with two real models and compares the ledger with
# the simulator. Needs bin/irori, the engine, and a home that holds
# both models: IRORI_ROUTING_HOME, or one is made in the cache. The second
# model's terms have to be accepted, so without IRORI_ACCEPT_TERMS=1 or such a
# home nothing is shown.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
second=gemma-3-270m
home=${IRORI_ROUTING_HOME:-${IRORI_TOOLS_CACHE:-$HOME/.cache/irori-tools}/routing}
if [ ! -e "$home/models/manifests/$second.json" ]; then
	if [ "${IRORI_ACCEPT_TERMS:-}" != 1 ]; then
		echo "skip routing from end to end: $second is not here, and its terms have to be accepted; read bin/irori show $second, then set IRORI_ACCEPT_TERMS=1"
		exit 0
	fi
	IRORI_HOME="$home" "$root/bin/irori" pull "$second" --accept-terms
fi
[ -e "$home/models/manifests/smollm2-135m-instruct.json" ] || IRORI_HOME="$home" "$root/bin/irori" pull smollm2-135m-instruct
go run -C "$root" ./bench/route-e2e -irori "$root/bin/irori" -home "$home" -engine "$root/bin/engine" "$@"
