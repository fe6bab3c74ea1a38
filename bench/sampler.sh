#!/bin/sh
# What sampling costs: processor time by reading, on a tree of files that
# stands for sensors. Usage: bench/sampler.sh [SECONDS]
set -eu
irori=${IRORI:-bin/irori}
lasts=${1:-30}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

# chip N NAME writes a card with temperature, clock and limit.
chip() {
	d=$tree/sys/class/hwmon/hwmon$1
	mkdir -p "$d"
	echo "$2" > "$d/name"
	echo 120000000 > "$d/power1_average"
	echo 300000000 > "$d/power1_cap"
	echo 61000 > "$d/temp1_input"
	echo 2100000000 > "$d/freq1_input"
}

for devices in 1 4 16; do
	n=0
	while [ "$n" -lt "$devices" ]; do
		chip "$n" amdgpu
		n=$((n + 1))
	done
	for hz in 20 100; do
		printf '%s devices, %s Hz: ' "$devices" "$hz"
		"$irori" measure sampler --sensor-root "$tree" --hz "$hz" --for "${lasts}s" --json |
			sed 's/.*"cpu_s":\([0-9.e-]*\),"wall_s":\([0-9.]*\),"samples":\([0-9]*\).*/\1 \3/' |
			awk '{ printf "%.0f µs a reading (%.3f s, %d readings)\n", 1e6 * $1 / $2, $1, $2 }'
	done
done
