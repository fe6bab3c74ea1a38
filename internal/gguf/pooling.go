package gguf

// Pooling is how a model makes one vector of those of a text's tokens.
type Pooling string

// The poolings. Of PoolingRank one number comes: how well a document answers a
// query.
const (
	PoolingNone Pooling = "none"
	PoolingMean Pooling = "mean"
	PoolingCLS  Pooling = "cls"
	PoolingLast Pooling = "last"
	PoolingRank Pooling = "rank"
)

// Pooling says how the model pools, "" where its files do not say. Of a model
// in several files all are looked at.
func (f *File) Pooling(parts ...*File) Pooling {
	n, ok := f.archUint("pooling_type")
	kinds := []Pooling{PoolingNone, PoolingMean, PoolingCLS, PoolingLast, PoolingRank}
	if ok && (n >= uint64(len(kinds)) || kinds[n] != PoolingRank) {
		if n < uint64(len(kinds)) {
			return kinds[n]
		}
		return ""
	}
	// What is to rank has the tensors that make a number of a vector; without
	// them the library ends the process.
	for _, p := range append([]*File{f}, parts...) {
		for _, t := range p.Tensors {
			if t.Name == "cls.output.weight" || ok && t.Name == "cls.weight" {
				return PoolingRank
			}
		}
	}
	return ""
}
