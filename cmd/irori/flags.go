package main

// modelName is a model's own name, as the ledger has it.
type modelName string

func (m *modelName) String() string { return string(*m) }

// Set takes any text: what a server of others has is not known here.
func (m *modelName) Set(s string) error {
	*m = modelName(s)
	return nil
}

// jsonFlag declares --json; what says how many objects there are, of what.
func (c *call) jsonFlag(what string) {
	c.flags.BoolVar(&c.json, "json", false, "write JSON to standard output: "+what)
}

// acceptFlag declares --accept-terms.
func (c *call) acceptFlag(to *bool) {
	c.flags.BoolVar(to, "accept-terms", false, "accept the licence of a model whose terms must be accepted; irori show REF names them")
}
