// Package busy tells what a machine does besides: how much processor time
// which processes take, how busy GPUs are, whether it runs on a battery or is
// held back by heat. Two readings make a report.
//
// It reads files of /proc and /sys below a root; where there are none, little
// is known. It does not judge: whoever measures does.
package busy

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"irori/internal/hw"
)

// ticks is how many units of processor time a second has. Linux tells programs
// 100 on every platform that is built for.
const ticks = 100

// Reading is what counters say at a moment.
type Reading struct {
	at        time.Time
	processes map[int]process
	throttled int64
	gpus      []int
	load      *float64
	battery   *bool
}

type process struct {
	name   string
	parent int
	ticks  int64
}

// Process is one that took processor time.
type Process struct {
	Name string
	PID  int
	// Share is of one core.
	Share float64
}

// Report is what a machine did between two readings.
type Report struct {
	// Load is the system's mean number of running processes in the last
	// minute, nil where it is not told.
	Load *float64
	// Others are the processes that are none of ours and took the most, Share
	// what all of these took together, of one core.
	Others []Process
	Share  float64
	// GPUs are how busy they are, in percent, where that can be read.
	GPUs []int
	// Throttled counts the times that a core was slowed by heat.
	Throttled int64
	OnBattery *bool
}

// Read reads the counters below root; "" is the machine itself.
func Read(root string) Reading {
	r := Reading{at: time.Now(), processes: map[int]process{}}
	file := func(name string) string {
		b, err := os.ReadFile(filepath.Join(root+"/", name))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	}
	if f := strings.Fields(file("proc/loadavg")); len(f) > 0 {
		if v, err := strconv.ParseFloat(f[0], 64); err == nil {
			r.load = &v
		}
	}
	entries, err := os.ReadDir(filepath.Join(root+"/", "proc"))
	if err != nil {
		entries = nil // no such folder: other systems
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := stat(file("proc/" + e.Name() + "/stat")); ok {
				r.processes[pid] = p
			}
		}
	}
	for _, name := range match(root, "sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count") {
		if n, err := strconv.ParseInt(file(name), 10, 64); err == nil {
			r.throttled += n
		}
	}
	for _, name := range match(root, "sys/class/drm/card*/device/gpu_busy_percent") {
		if n, err := strconv.Atoi(file(name)); err == nil {
			r.gpus = append(r.gpus, n)
		}
	}
	r.battery = hw.Read(hw.Options{Root: root}).OnBattery
	return r
}

// match lists files below root, as Read wants them.
func match(root, pattern string) []string {
	list, err := filepath.Glob(filepath.Join(root+"/", pattern))
	if err != nil {
		return nil
	}
	for i, name := range list {
		list[i] = strings.TrimPrefix(name, filepath.Clean(root+"/"))
	}
	return list
}

// stat reads a line of /proc/PID/stat: the name stands in brackets and may hold
// anything, brackets too.
func stat(line string) (process, bool) {
	open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return process{}, false
	}
	f := strings.Fields(line[end+1:])
	if len(f) < 13 {
		return process{}, false
	}
	parent, err1 := strconv.Atoi(f[1])
	user, err2 := strconv.ParseInt(f[11], 10, 64)
	system, err3 := strconv.ParseInt(f[12], 10, 64)
	return process{line[open+1 : end], parent, user + system}, cmp.Or(err1, err2, err3) == nil
}

// Since reports what happened since an earlier reading. Processes that are
// named, and what these started, are ours.
func (r Reading) Since(before Reading, ours ...int) Report {
	out := Report{Load: r.load, GPUs: r.gpus, Throttled: r.throttled - before.throttled, OnBattery: r.battery}
	seconds := r.at.Sub(before.at).Seconds()
	if seconds <= 0 {
		return out
	}
	for pid, p := range r.processes {
		was, ok := before.processes[pid]
		if !ok || r.descends(pid, ours) {
			continue
		}
		if share := float64(p.ticks-was.ticks) / ticks / seconds; share > 0 {
			out.Others = append(out.Others, Process{p.name, pid, share})
			out.Share += share
		}
	}
	slices.SortFunc(out.Others, func(a, b Process) int { return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.PID, b.PID)) })
	return out
}

// descends reports whether a process is one of these, or below one.
func (r Reading) descends(pid int, of []int) bool {
	for range len(r.processes) + 1 {
		if slices.Contains(of, pid) {
			return true
		}
		p, ok := r.processes[pid]
		if !ok || pid <= 1 {
			return false
		}
		pid = p.parent
	}
	return false
}
