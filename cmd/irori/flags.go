package main

import "irori/internal/term/verb"

// modelName is a model's own name, as the ledger has it.
type modelName string

func (m *modelName) String() string { return string(*m) }

// Set takes any text: what a server of others has is not known here.
func (m *modelName) Set(s string) error {
	*m = modelName(s)
	return nil
}

// acceptFlag declares --accept-terms.
func acceptFlag(c *verb.Call, to *bool) {
	c.Flags.BoolVar(to, "accept-terms", false, "accept the licence of a model whose terms must be accepted; irori show REF names them")
}

// List names the models that records may have.
func (m *modelName) List(c *verb.Call) []string { return modelsLogged(c) }
