package app

import (
	"log/slog"

	"irori/internal/power"
)

func availableMemory() int64 { return 20 << 30 }
func hasAccelerator() bool   { return false }

func discoverMeters(*slog.Logger) []power.Source { return nil }
