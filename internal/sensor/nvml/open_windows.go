package nvml

import "golang.org/x/sys/windows"

func libraryNames() []string { return []string{"nvml.dll"} }

// openLibrary searches only the system's folder, where the driver puts it: a
// library of that name elsewhere is somebody else's.
func openLibrary(name string) (uintptr, error) {
	h, err := windows.LoadLibraryEx(name, 0, windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	return uintptr(h), err
}

func symbol(lib uintptr, name string) (uintptr, error) {
	return windows.GetProcAddress(windows.Handle(lib), name)
}
