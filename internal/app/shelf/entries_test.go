package shelf

import (
	"slices"
	"testing"
	"time"

	"irori/internal/catalog/blob"
	"irori/internal/gateway"
	"irori/internal/gguf"
)

const virtualAuto, virtualLocal = "irori/auto", "irori/local"

// An alias and a virtual name tell what their model is doing, not what theirs
// would be.
func TestNamesShowTheirTargets(t *testing.T) {
	length := uint64(8192)
	pulled := time.Unix(1_700_000_000, 0)
	manifest := func(name string) blob.Manifest {
		return blob.Manifest{Name: name, Pulled: pulled, Facts: gguf.Facts{Quantization: "Q4_1", ContextLength: &length}}
	}
	list := []blob.Manifest{manifest("broken"), manifest("resting"), manifest("serving")}
	aliases := map[string]string{"s": "serving", "of-s": "s", "r": "resting", "round": "about", "about": "round"}
	memory := map[string]gateway.ModelEntry{
		"serving": {Loaded: true, State: "ready", Context: 4096},
		"broken":  {State: "quarantined", Context: 2048},
		"gone":    {Loaded: true, State: "ready", Context: 512, Quantization: "F16"},
	}
	entry := func(all []gateway.ModelEntry, id string) gateway.ModelEntry {
		t.Helper()
		i := slices.IndexFunc(all, func(e gateway.ModelEntry) bool { return e.ID == id })
		if i < 0 {
			t.Fatalf("%s is not listed in %+v", id, all)
		}
		return all[i]
	}
	all := Entries(list, aliases, memory, "broken", virtualAuto, virtualLocal)
	for id, want := range map[string]gateway.ModelEntry{
		"s":          {Loaded: true, State: "ready", Context: 4096, OwnedBy: "local", Quantization: "Q4_1", Created: pulled.Unix()},
		"of-s":       {Loaded: true, State: "ready", Context: 4096, OwnedBy: "local", Quantization: "Q4_1", Created: pulled.Unix()},
		"r":          {Context: 8192, OwnedBy: "local", Quantization: "Q4_1", Created: pulled.Unix()},
		virtualAuto:  {State: "quarantined", Context: 2048, OwnedBy: "irori", Quantization: "Q4_1", Created: pulled.Unix()},
		virtualLocal: {State: "quarantined", Context: 2048, OwnedBy: "irori", Quantization: "Q4_1", Created: pulled.Unix()},
	} {
		want.ID = id
		if got := entry(all, id); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	// A model that was removed from the disk answers on while it is in memory.
	if got := entry(Entries(list, nil, memory, "gone", virtualAuto, virtualLocal), virtualLocal); !got.Loaded || got.Context != 512 {
		t.Errorf("%+v", got)
	}
}
