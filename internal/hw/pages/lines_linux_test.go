package pages

import "testing"

func TestOnlyWhatCannotBeWritten(t *testing.T) {
	for line, want := range map[string]bool{
		"00400000-00fea000 r-xp 00000000 fe:00 123  /a/b c":           true,
		"00fea000-02000000 r--p 00bea000 fe:00 123  /a/b c":           true,
		"02000000-02100000 rw-p 01bea000 fe:00 123  /a/b c":           false,
		"00400000-00fea000 r-xp 00000000 fe:00 123  /a/b":             false,
		"7ffd0000-7ffe0000 r-xp 00000000 00:00 0    [vdso]":           false,
		"00400000-00fea000 r-xp 00000000 fe:00 123":                   false,
		"00500000-00400000 r-xp 00000000 fe:00 123  /a/b c":           false,
		"x-00400000 r-xp 00000000 fe:00 123  /a/b c":                  false,
		"00400000-00fea000 r-xp 00000000 fe:00 123  /a/b c (deleted)": false,
	} {
		if _, _, ok := own(line, "/a/b c"); ok != want {
			t.Errorf("%s: %v", line, ok)
		}
	}
}
