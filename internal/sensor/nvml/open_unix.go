//go:build !windows

package nvml

import "github.com/ebitengine/purego"

// libraryNames are the names that the driver installs; the second is where the
// Windows subsystem for Linux keeps it.
func libraryNames() []string {
	return []string{"libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1"}
}

func openLibrary(name string) (uintptr, error) {
	return purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

func symbol(lib uintptr, name string) (uintptr, error) { return purego.Dlsym(lib, name) }
