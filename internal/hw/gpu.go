package hw

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"irori/internal/unit"
)

var (
	card = regexp.MustCompile(`^card\d+$`)
	pci  = regexp.MustCompile(`^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$`)
)

var vendors = map[string]string{"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel"}

// linuxGPUs joins what the graphics drivers and NVIDIA's own list: a server's
// driver may show its GPUs only in the latter.
func linuxGPUs(r root) []GPU {
	var out []GPU
	for _, n := range r.names("/sys/class/drm") {
		if !card.MatchString(n) {
			continue
		}
		if g, ok := drmGPU(r, "/sys/class/drm/"+n+"/device"); ok {
			out = append(out, g)
		}
	}
	for _, n := range r.names("/proc/driver/nvidia/gpus") {
		out = mergeNvidia(out, n, r)
	}
	slices.SortFunc(out, func(a, b GPU) int { return cmp.Compare(a.PCI, b.PCI) })
	return out
}

func drmGPU(r root, dev string) (GPU, bool) {
	var g GPU
	// A display without a known maker is a virtual screen or a server's
	// console, which compute nothing.
	vendor := r.text(dev + "/vendor")
	name, known := vendors[vendor]
	if !known {
		return g, false
	}
	g.Vendor = name
	for line := range strings.Lines(r.text(dev + "/uevent")) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "DRIVER":
			g.Driver = value
		case "PCI_SLOT_NAME":
			g.PCI = strings.ToLower(value)
		}
	}
	if g.PCI == "" {
		if target, err := os.Readlink(r.path(dev)); err == nil && pci.MatchString(filepath.Base(target)) {
			g.PCI = filepath.Base(target)
		}
	}
	g.Name = r.text(dev + "/product_name")
	if n, ok := r.number(dev + "/mem_info_vram_total"); ok && n > 0 {
		g.Memory = ptr(unit.Bytes(n))
	}
	// Intel's built-in graphics sit at this place on every board.
	g.Unified = name == "intel" && g.PCI == "0000:00:02.0"
	return g, true
}

func mergeNvidia(list []GPU, address string, r root) []GPU {
	g := GPU{Vendor: "nvidia", Driver: "nvidia", PCI: strings.ToLower(address)}
	r.fields("/proc/driver/nvidia/gpus/"+address+"/information", func(key, value string) {
		if key == "Model" {
			g.Name = value
		}
	})
	for i := range list {
		if list[i].PCI == g.PCI {
			list[i].Name, list[i].Driver = g.Name, cmp.Or(list[i].Driver, g.Driver)
			return list
		}
	}
	return append(list, g)
}
