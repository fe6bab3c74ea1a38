// Package catalog turns a model reference into files on disk: it parses
// references, knows models by name (package known), pulls from Hugging Face,
// the Ollama registry, ModelScope, Python packages and local files, keeps what
// it pulled (package blob), and chooses a first model for a machine.
//
// It knows licences and refuses what was not accepted. It does not load models,
// does not predict speed and does not know which of them are in use.
package catalog
