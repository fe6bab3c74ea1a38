package app

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"irori/internal/catalog"
	"irori/internal/config"
	"irori/internal/dial"
	"irori/internal/llm"
)

// Version is the program's version, set at link time for releases.
var Version = "0.1.0-dev"

// Engine is what the library that this binary is made for says of itself, as
// in the ledger; EngineRelease is the release of llama.cpp that it comes with.
const (
	Engine        = "llama.cpp 0.5.0-dev"
	EngineRelease = "v0.5.0"
)

// Env is an opened home: its folder, settings and log.
type Env struct {
	Home   string
	Config *config.Config
	Log    *slog.Logger
	// ConfigFile is the settings file that was named, "" for the usual one.
	ConfigFile string
}

// Open finds the home folder and reads the settings. The log goes to w.
// Nothing is written: the folder is made by who keeps something in it.
func Open(configFile string, w io.Writer) (*Env, error) {
	home, err := config.Home()
	if err != nil {
		return nil, err
	}
	c, err := config.Load(home, configFile)
	if err != nil {
		return nil, err
	}
	if c.Offline {
		dial.GoOffline()
	}
	for _, text := range config.Strays(os.Environ()) {
		// The log may be set to errors only, and this is said once.
		fmt.Fprintln(w, "irori: warning: "+text)
	}
	return &Env{Home: home, Config: c, Log: logger(c.Log, w), ConfigFile: configFile}, nil
}

func logger(c config.Log, w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if err := level.UnmarshalText([]byte(c.Level)); err != nil && c.Level != "" {
		level = slog.LevelInfo
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// Library opens the catalog and the models on disk.
func (e *Env) Library() (*catalog.Library, error) {
	s := e.Config.Sources
	return catalog.New(catalog.Options{
		Home: e.Home, HFEndpoint: s.HuggingFace, HFToken: os.Getenv("HF_TOKEN"),
		OllamaRegistry: s.Ollama, ModelScopeEndpoint: s.ModelScope, OllamaModels: s.OllamaStore,
	})
}

// EngineDir finds the engine's libraries: the setting, beside the executable,
// in the home folder.
func (e *Env) EngineDir() (string, error) {
	tried := e.engineDirs()
	for _, d := range tried {
		if hasLibraries(d) {
			return d, nil
		}
	}
	return "", llm.Errorf(llm.CodeUnavailable, "the engine's libraries were not found in %s", strings.Join(tried, ", ")).
		WithHint("make engine, or set IRORI_ENGINE_DIR to a folder with the libraries of llama.cpp " + EngineRelease)
}

// engineless reports whether to do without the engine: it is not here, and
// other servers are named in place of a model.
func (e *Env) engineless() bool {
	_, err := e.EngineDir()
	return err != nil && len(e.Config.Backends) > 0
}

func (e *Env) engineDirs() []string {
	if d := e.Config.Engine.Dir; d != "" {
		return []string{d}
	}
	var dirs []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		dirs = append(dirs, filepath.Dir(exe), filepath.Join(filepath.Dir(exe), "engine"))
	}
	return append(dirs, filepath.Join(e.Home, "engine"))
}

// hasLibraries looks for the library by its name's shape; the worker checks
// the rest. The gateway never opens it.
func hasLibraries(dir string) bool {
	for _, pattern := range []string{"libllama.*so", "libllama.*dylib", "llama.*dll"} {
		if m, err := filepath.Glob(filepath.Join(dir, pattern)); err == nil && len(m) > 0 {
			return true
		}
	}
	return false
}
