// Package config is the one settings file: its schema, defaults, strict
// reading, and the commented example that documents it.
//
// Only packages app and cmd read it; every other package takes small options
// of its own. Flags win over the environment (IRORI_*), which wins over the
// file, which wins over the defaults.
package config
