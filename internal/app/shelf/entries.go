package shelf

import (
	"maps"
	"slices"

	"irori/internal/catalog/blob"
	"irori/internal/gateway"
)

// Entries lists what can be asked for. An alias and a virtual name say of
// themselves what is true of the model that they stand for; virtual names
// stand for the fallback, "" where there is none.
func Entries(list []blob.Manifest, aliases map[string]string, memory map[string]gateway.ModelEntry, fallback string, virtual ...string) []gateway.ModelEntry {
	var out []gateway.ModelEntry
	known := maps.Clone(memory)
	for _, mf := range list {
		e := gateway.ModelEntry{ID: mf.Name, Created: mf.Pulled.Unix(), OwnedBy: "local", Quantization: mf.Facts.Quantization}
		if mf.Facts.ContextLength != nil {
			e.Context = int(*mf.Facts.ContextLength)
		}
		if in, ok := memory[mf.Name]; ok {
			e.Loaded, e.State, e.Context = in.Loaded, in.State, in.Context
		}
		known[mf.Name] = e
		out = append(out, e)
	}
	standsFor := func(name, owner, target string) {
		e := known[target]
		e.ID, e.OwnedBy = name, owner
		out = append(out, e)
	}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		target := aliases[name]
		// An alias may name another; a circle ends as it began.
		for range aliases {
			if next, ok := aliases[target]; ok {
				target = next
			}
		}
		standsFor(name, "local", target)
	}
	for _, v := range virtual {
		standsFor(v, "irori", fallback)
	}
	return out
}
