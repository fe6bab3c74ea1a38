package task

import "irori/internal/tree/form"

// hint is what a person can type about a file that is not right.
const hint = "irori help measure"

// wrong is an error at a line of a file.
func wrong(file string, line int, format string, args ...any) error {
	return form.Wrong(file, line, hint, format, args...)
}
