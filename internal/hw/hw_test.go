package hw

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"irori/internal/unit"
)

func tree(t *testing.T, name string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("addresses have colons")
	}
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range a.Files {
		path := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestFixtures(t *testing.T) {
	bytes := func(n int64) *unit.Bytes { return ptr(unit.Bytes(n)) }
	for name, want := range map[string]Machine{
		"laptop": {
			Kernel: "6.8.0-generic",
			CPU:    CPU{Model: "Example Core i5", Physical: ptr(2), Logical: ptr(4)},
			Memory: Memory{Total: bytes(16000000 << 10), Available: bytes(8000000 << 10)},
			GPUs: []GPU{
				{Vendor: "intel", PCI: "0000:00:02.0", Driver: "i915", Unified: true},
				{Vendor: "amd", PCI: "0000:03:00.0", Driver: "amdgpu", Memory: bytes(8573157376)},
			},
			Libc:    &Libc{Name: "glibc", Version: "2.39"},
			Battery: ptr(true), OnBattery: ptr(true),
		},
		"container-v2": {
			CPU:     CPU{Model: "Big", Physical: ptr(1), Logical: ptr(1), Limit: ptr(1.5)},
			Memory:  Memory{Total: bytes(1 << 30), Available: bytes(1<<30 - 600000000), Limited: true},
			Libc:    &Libc{Name: "musl"},
			Virtual: "docker",
		},
		"container-v1": {
			CPU:     CPU{Limit: ptr(0.5)},
			Memory:  Memory{Total: bytes(1000000000), Available: bytes(750000000), Limited: true},
			Virtual: "kvm",
		},
		"server-arm-nvidia": {
			CPU:  CPU{Physical: ptr(2), Logical: ptr(2)},
			GPUs: []GPU{{Vendor: "nvidia", Name: "NVIDIA GH200 480GB", PCI: "0009:01:00.0", Driver: "nvidia"}},
		},
		"nothing": {},
	} {
		want.OS, want.Arch = "linux", runtime.GOARCH
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(want, Read(Options{Root: tree(t, name)})); d != "" {
				t.Errorf("want -, got +:\n%s", d)
			}
		})
	}
}

func TestThisMachine(t *testing.T) {
	m := Read(Options{})
	if m.CPU.Logical == nil || *m.CPU.Logical < 1 {
		t.Errorf("%+v", m)
	}
	if runtime.GOOS == "linux" && (m.Memory.Total == nil || *m.Memory.Total < unit.MiB || m.Kernel == "") {
		t.Errorf("%+v", m)
	}
	deep := FreeDisk(filepath.Join(t.TempDir(), "not", "there", "yet"))
	if runtime.GOOS == "linux" && (deep == nil || *deep <= 0) {
		t.Errorf("free disk %v", deep)
	}
	if dir := t.TempDir(); !Writable(dir) || !Writable(filepath.Join(dir, "not", "there")) {
		t.Errorf("%s cannot be written", dir)
	}
	// The owner of everything may write anywhere.
	if runtime.GOOS == "linux" && os.Getuid() != 0 && Writable("/proc/version") {
		t.Error("a file of the kernel can be written")
	}
}
