package term

import (
	"os"
	"testing"
)

func TestCallName(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	args := os.Args
	t.Cleanup(func() { os.Args = args })
	for in, want := range map[string]string{"bin/irori": "bin/irori", "/my tools/irori": "'/my tools/irori'"} {
		if os.Args = []string{in}; CallName("irori") != want {
			t.Errorf("%s, want %s", CallName("irori"), want)
		}
	}
}
