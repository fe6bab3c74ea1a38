package sysfs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if v, err := Number(put("a", " 262143328850\n")); v != 262143328850 || err != nil {
		t.Error(v, err)
	}
	for _, bad := range []string{"", "N/A\n", "1.5\n", "99999999999999999999\n"} {
		if v, err := Number(put("b", bad)); err == nil {
			t.Errorf("%q reads as %d", bad, v)
		}
	}
	if _, err := Number(filepath.Join(dir, "gone")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if s := Text(put("c", "NVIDIA Jetson Orin\x00\n")); s != "NVIDIA Jetson Orin" {
		t.Errorf("%q", s)
	}
	put("hwmon10", "")
	put("hwmon9", "")
	if n := Names(dir); !slices.Equal(n, []string{"a", "b", "c", "hwmon9", "hwmon10"}) {
		t.Error(n)
	}
	if r := Root(dir); r != dir {
		t.Error(r)
	}
	if err := os.Mkdir(filepath.Join(dir, "sys"), 0o755); err != nil {
		t.Fatal(err)
	}
	if r := Root(dir); r != filepath.Join(dir, "sys") || Root("") != "/sys" {
		t.Error(r)
	}
}

func BenchmarkNumber(b *testing.B) {
	p := filepath.Join(b.TempDir(), "energy_uj")
	if err := os.WriteFile(p, []byte("123456789\n"), 0o644); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Number(p); err != nil {
			b.Fatal(err)
		}
	}
}
