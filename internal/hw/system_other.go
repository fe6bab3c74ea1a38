//go:build !linux && !darwin && !windows

package hw

func system(r root, m *Machine) {
	if !r.here() {
		linux(r, m)
	}
}
