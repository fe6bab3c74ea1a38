package app

import (
	"runtime"
	"strings"

	"irori/internal/hw"
	"irori/internal/unit"
)

// machine tells what the computer is: processor, memory, graphics.
func machine() []Finding {
	m := thisMachine()
	return append([]Finding{processor(m), memory()}, graphics(m)...)
}

func processor(m hw.Machine) Finding {
	f := Finding{About: "cpu", Verdict: VerdictOK, Facts: m.CPU}
	parts := []string{}
	if m.CPU.Model != "" {
		parts = append(parts, m.CPU.Model)
	}
	cores := times(runtime.GOMAXPROCS(0), "core", "cores") + " for this program"
	if m.CPU.Physical != nil {
		cores = times(*m.CPU.Physical, "core", "cores")
	}
	parts = append(parts, cores, runtime.GOOS+"/"+runtime.GOARCH)
	if len(m.CPU.Features) > 0 {
		parts = append(parts, strings.Join(m.CPU.Features, " "))
	}
	if m.Virtual != "" {
		parts = append(parts, "virtual: "+m.Virtual)
	}
	f.Text = strings.Join(parts, ", ")
	return f
}

func memory() Finding {
	f := Finding{About: "memory", Verdict: VerdictNote, Text: "how much is free is not known here"}
	if n := availableMemory(); n > 0 {
		f.Verdict, f.Text, f.Facts = VerdictOK, unit.Bytes(n).String()+" available", map[string]int64{"available_bytes": n}
	}
	return f
}

func graphics(m hw.Machine) []Finding {
	if len(m.GPUs) == 0 {
		return []Finding{{About: "gpu", Verdict: VerdictNote, Text: "none found"}}
	}
	out := make([]Finding, 0, len(m.GPUs))
	for _, g := range m.GPUs {
		text := strings.TrimSpace(g.Vendor + " " + g.Name)
		if g.Memory != nil {
			text += ", " + g.Memory.String()
		}
		if g.Driver != "" {
			text += ", driver " + g.Driver
		}
		out = append(out, Finding{About: "gpu", Verdict: VerdictOK, Text: text, Facts: g})
	}
	return out
}
