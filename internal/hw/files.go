package hw

import (
	"bufio"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"irori/internal/unit"
)

// linux fills in what Linux tells in files. It builds everywhere, so that its
// fixtures are tested everywhere.
func linux(r root, m *Machine) {
	m.OS = "linux"
	m.Kernel = r.text("/proc/sys/kernel/osrelease")
	linuxCPU(r, &m.CPU)
	m.Memory = linuxMemory(r)
	m.GPUs = linuxGPUs(r)
	m.Libc = libc(r)
	m.Virtual = virtual(r)
	m.Battery, m.OnBattery = battery(r)
}

// fields reads "key : value" lines, calling f for each.
func (r root) fields(name string, f func(key, value string)) {
	file, err := os.Open(r.path(name))
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok {
			f(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
}

// linuxCPU prefers the kernel's count of cores: a virtual processor's own
// answer often tells of the host.
func linuxCPU(r root, c *CPU) {
	logical, model, socket := 0, "", "0"
	cores := map[string]bool{}
	r.fields("/proc/cpuinfo", func(key, value string) {
		switch key {
		case "processor":
			logical++
		case "model name", "Model":
			if model == "" {
				model = value
			}
		case "physical id":
			socket = value
		case "core id":
			cores[socket+"/"+value] = true
		}
	})
	if model != "" {
		c.Model = model
	}
	if logical > 0 {
		c.Logical = &logical
	}
	// ARM's cpuinfo has no cores; the topology has.
	if len(cores) == 0 {
		for _, n := range r.names("/sys/devices/system/cpu") {
			if s := r.text("/sys/devices/system/cpu/" + n + "/topology/thread_siblings_list"); s != "" {
				cores[s] = true
			}
		}
	}
	if n := len(cores); n > 0 {
		c.Physical = &n
	}
	c.Limit = cpuLimit(r)
}

// groups returns the folders of this process's control group and of those
// around it, the innermost first, for version 2 (controller empty) or 1.
func groups(r root, controller string) []string {
	base := "/sys/fs/cgroup"
	own := "/"
	for line := range strings.Lines(r.text("/proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for name := range strings.SplitSeq(parts[1], ",") {
			if name == controller && (controller != "" || parts[0] == "0") {
				own = path.Clean("/" + parts[2])
			}
		}
	}
	if controller != "" {
		base += "/" + controller
	}
	var out []string
	for ; own != "/"; own = path.Dir(own) {
		out = append(out, base+own)
	}
	return append(out, base)
}

func cpuLimit(r root) *float64 {
	var least *float64
	consider := func(quota, period float64) {
		if quota > 0 && period > 0 && (least == nil || quota/period < *least) {
			least = ptr(quota / period)
		}
	}
	for _, dir := range groups(r, "") {
		var quota, period float64
		if f := strings.Fields(r.text(dir + "/cpu.max")); len(f) == 2 && f[0] != "max" {
			quota, _ = strconv.ParseFloat(f[0], 64)
			period, _ = strconv.ParseFloat(f[1], 64)
		}
		consider(quota, period)
	}
	for _, dir := range groups(r, "cpu") {
		quota, _ := r.number(dir + "/cpu.cfs_quota_us")
		period, _ := r.number(dir + "/cpu.cfs_period_us")
		consider(float64(quota), float64(period))
	}
	return least
}

func linuxMemory(r root) Memory {
	var m Memory
	r.fields("/proc/meminfo", func(key, value string) {
		kb, err := strconv.ParseInt(strings.TrimSuffix(value, " kB"), 10, 64)
		if err != nil {
			return
		}
		switch key {
		case "MemTotal":
			m.Total = ptr(unit.Bytes(kb) * unit.KiB)
		case "MemAvailable":
			m.Available = ptr(unit.Bytes(kb) * unit.KiB)
		}
	})
	for _, dir := range groups(r, "") {
		m.limit(r, dir+"/memory.max", dir+"/memory.current", dir+"/memory.stat", "inactive_file")
	}
	for _, dir := range groups(r, "memory") {
		m.limit(r, dir+"/memory.limit_in_bytes", dir+"/memory.usage_in_bytes", dir+"/memory.stat", "total_inactive_file")
	}
	return m
}

// limit applies a control group. Cached files count as used there and can be
// given back.
func (m *Memory) limit(r root, maxFile, usedFile, statFile, cache string) {
	limit, ok := r.number(maxFile)
	if !ok || limit <= 0 || (m.Total != nil && unit.Bytes(limit) > *m.Total) {
		return
	}
	m.Limited = m.Limited || m.Total == nil || unit.Bytes(limit) < *m.Total
	m.Total = ptr(unit.Bytes(limit))
	if m.Available != nil {
		m.Available = ptr(min(*m.Available, *m.Total))
	}
	used, ok := r.number(usedFile)
	if !ok {
		return
	}
	for line := range strings.Lines(r.text(statFile)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == cache {
			if v, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				used -= min(v, used)
			}
		}
	}
	free := unit.Bytes(max(0, limit-used))
	if m.Available == nil || free < *m.Available {
		m.Available = &free
	}
}

var (
	glibcFile = regexp.MustCompile(`^libc-(\d+\.\d+)\.so$`)
	glibcMark = regexp.MustCompile(`(?:GNU C Library[^\n\x00]{0,80}version |GLIBC )(\d+\.\d+)`)
	muslMark  = regexp.MustCompile(`\b(1\.[12]\.\d{1,2})\x00`)
)

// libc finds the C library by its loader. Both can be installed; glibc is what
// most libraries are built for, so it is named first.
func libc(r root) *Libc {
	var dirs []string
	for _, base := range []string{"/lib64", "/lib", "/usr/lib64", "/usr/lib"} {
		dirs = append(dirs, base)
		for _, triple := range []string{"x86_64-linux-gnu", "aarch64-linux-gnu"} {
			dirs = append(dirs, base+"/"+triple)
		}
	}
	for _, dir := range dirs {
		for _, name := range r.names(dir) {
			if v := glibcFile.FindStringSubmatch(name); v != nil {
				return &Libc{Name: "glibc", Version: v[1]}
			}
		}
		if v := r.mark(dir+"/libc.so.6", glibcMark); v != nil {
			return &Libc{Name: "glibc", Version: *v}
		}
	}
	for _, dir := range []string{"/lib", "/usr/lib"} {
		for _, name := range r.names(dir) {
			if strings.HasPrefix(name, "ld-musl-") {
				l := &Libc{Name: "musl"}
				if v := r.mark(dir+"/"+name, muslMark); v != nil {
					l.Version = *v
				}
				return l
			}
		}
	}
	return nil
}

// mark finds a version in a library's bytes; nil where there is no such file.
func (r root) mark(name string, pattern *regexp.Regexp) *string {
	b, err := os.ReadFile(r.path(name))
	if err != nil {
		return nil
	}
	if m := pattern.FindSubmatch(b); m != nil {
		return ptr(string(m[1]))
	}
	return ptr("")
}

// virtual looks for the marks of virtual machines and containers, containers
// first: they are the nearer limit.
func virtual(r root) string {
	switch {
	case r.exists("/.dockerenv"):
		return "docker"
	case r.exists("/run/.containerenv"):
		return "podman"
	case strings.Contains(strings.ToLower(r.text("/proc/sys/kernel/osrelease")), "microsoft"):
		return "wsl"
	}
	id := strings.ToLower(r.text("/sys/class/dmi/id/sys_vendor") + " " + r.text("/sys/class/dmi/id/product_name"))
	for _, v := range []struct{ mark, name string }{
		{"qemu", "kvm"}, {"kvm", "kvm"}, {"vmware", "vmware"}, {"virtualbox", "virtualbox"}, {"xen", "xen"},
		{"amazon ec2", "ec2"}, {"google compute", "gce"}, {"virtual machine", "hyperv"}, {"parallels", "parallels"},
	} {
		if strings.Contains(id, v.mark) {
			return v.name
		}
	}
	found := ""
	r.fields("/proc/cpuinfo", func(key, value string) {
		if key == "flags" && strings.Contains(" "+value+" ", " hypervisor ") {
			found = "unknown"
		}
	})
	return found
}

// battery looks at the power supplies. A mouse's battery is not the machine's.
func battery(r root) (has, discharging *bool) {
	const dir = "/sys/class/power_supply"
	if !r.exists(dir) {
		return nil, nil
	}
	has = ptr(false)
	for _, n := range r.names(dir) {
		supply := filepath.ToSlash(filepath.Join(dir, n))
		if r.text(supply+"/type") != "Battery" || r.text(supply+"/scope") == "Device" {
			continue
		}
		has = ptr(true)
		switch status := r.text(supply + "/status"); {
		case status == "Discharging":
			discharging = ptr(true)
		case status != "" && status != "Unknown" && discharging == nil:
			discharging = ptr(false)
		}
	}
	return has, discharging
}
