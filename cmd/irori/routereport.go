package main

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/app"
	"irori/internal/route/outcome"
	"irori/internal/route/replay"
	replayed "irori/internal/route/report"
	"irori/internal/term/verb"
)

// leastStream is how many outcomes a stream is shown of.
const leastStream = 200

// reportReplay writes a replay for people into a folder.
func reportReplay(c *verb.Call, o *routeOptions, r *replay.Result, records []outcome.Record, paths ...string) error {
	about := replayed.About{Command: "irori " + strings.Join(os.Args[1:], " "), Version: app.Version, Seed: o.seed, Shuffles: o.shuffles, Price: o.price.share}
	for i, path := range paths {
		f := replayed.File{Name: filepath.Base(path)}
		if b, err := os.ReadFile(path); err == nil {
			sum := sha256.Sum256(b)
			f.SHA256 = hex.EncodeToString(sum[:])
		}
		if f.Rows = r.Questions; i > 0 {
			f.Rows = r.Trained + r.Repeats
		}
		about.Files = append(about.Files, f)
	}
	var stream []replay.Regret
	if len(records) >= leastStream {
		var err error
		if stream, err = replay.Stream(records, replay.StreamOptions{Seed: o.seed, Price: o.price.share}); err != nil {
			return err
		}
	}
	files, err := replayed.Write(o.report, r, stream, about)
	if err != nil {
		return err
	}
	c.Say("Written into %s: %s.", o.report, strings.Join(files, ", "))
	return nil
}
