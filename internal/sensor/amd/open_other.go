//go:build !linux

package amd

import "errors"

func load() (*library, error) { return nil, errors.New("it is for Linux only") }
