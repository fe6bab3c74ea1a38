package hw

func system(r root, m *Machine) { linux(r, m) }
