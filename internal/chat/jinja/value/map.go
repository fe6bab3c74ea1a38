package value

import (
	"math"
	"strings"
)

// Map is a dictionary that keeps the order in which keys were first set.
// Keys are Python's: 1, 1.0 and True are the same key.
type Map struct {
	keys, vals []any
	index      map[any]int
}

// NewMap makes an empty dictionary.
func NewMap() *Map { return &Map{index: map[any]int{}} }

// Len is the number of entries.
func (m *Map) Len() int { return len(m.keys) }

// At returns the i-th entry.
func (m *Map) At(i int) (key, val any) { return m.keys[i], m.vals[i] }

// Get returns the value under a string key.
func (m *Map) Get(key string) (any, bool) {
	if i, ok := m.index[key]; ok {
		return m.vals[i], true
	}
	return nil, false
}

// Set stores v under a string key and returns m.
func (m *Map) Set(key string, v any) *Map {
	m.put(key, key, v)
	return m
}

// Put stores v under any hashable key; it throws on others.
func (m *Map) Put(key, v any) { m.put(hashKey(key), key, v) }

func (m *Map) put(h, key, v any) {
	if i, ok := m.index[h]; ok {
		m.vals[i] = v
		return
	}
	m.index[h] = len(m.keys)
	m.keys = append(m.keys, key)
	m.vals = append(m.vals, v)
}

// Lookup returns the value under any key; it throws on an unhashable one.
func (m *Map) Lookup(key any) (any, bool) {
	if i, ok := m.index[hashKey(key)]; ok {
		return m.vals[i], true
	}
	return nil, false
}

// Clone copies m, not its values.
func (m *Map) Clone() *Map {
	c := NewMap()
	for i, k := range m.keys {
		c.Put(k, m.vals[i])
	}
	return c
}

type noneKey struct{}
type tupleKey string

// hashKey maps a key to a Go value that is equal where Python's keys are.
func hashKey(k any) any {
	switch k := k.(type) {
	case nil:
		return noneKey{}
	case bool:
		if k {
			return int64(1)
		}
		return int64(0)
	case float64:
		if k == math.Trunc(k) && math.Abs(k) < 1<<62 {
			return int64(k)
		}
		return k
	case Markup:
		return string(k)
	case *List:
		if k.Tuple {
			return hashTuple(k)
		}
	case *Map:
	default:
		return k
	}
	Throw(KindType, "unhashable type: '%s'", TypeName(k))
	return nil
}

// hashTuple writes a tuple's element keys into one string. Tuples as keys are
// rare and short; long ones are refused instead of metered.
func hashTuple(l *List) tupleKey {
	if len(l.Items) > 64 {
		Throw(KindLimit, "a tuple of %d elements as a key", len(l.Items))
	}
	var b strings.Builder
	for _, x := range l.Items {
		if t, ok := x.(*List); ok && t.Tuple {
			Throw(KindLimit, "nested tuple as a key")
		}
		h := hashKey(x)
		if s, ok := h.(string); ok {
			h = quote(s)
		}
		m := &Meter{Steps: 1 << 20, Bytes: 1 << 24, Depth: 8}
		if _, ok := h.(noneKey); ok {
			h = nil
		}
		b.WriteString(Repr(m, h))
		b.WriteByte(',')
	}
	return tupleKey(b.String())
}

// Without returns a copy of m that lacks a string key.
func (m *Map) Without(key string) *Map {
	c := NewMap()
	for i, k := range m.keys {
		if k != any(key) {
			c.Put(k, m.vals[i])
		}
	}
	return c
}
