package gateway

import "sync/atomic"

// Sharer is a Meter that also shares energy among requests which another
// program on this machine computes.
type Sharer interface {
	// Share opens a request's account, which Meter's End closes. What comes
	// back is added to the counter; nil is that nothing can be known.
	Share(id, engine string) *atomic.Int64
}

// meter opens the account of a request at a lease.
func (f *Flight) meter(l *Lease) {
	f.pieces = nil
	if l.Account == nil {
		f.g.o.Meter.Begin(f.ID)
		return
	}
	if s, ok := f.g.o.Meter.(Sharer); ok && l.Here {
		f.pieces = s.Share(f.ID, l.Name)
	}
}

// came counts pieces of an answer.
func (f *Flight) came(n int) {
	f.seen += n
	if f.pieces != nil {
		f.pieces.Add(int64(n))
	}
}

// beside closes the account of a request that another program computed, and
// puts its energy into what its server's price says. Where that has no price,
// electricity is what it cost.
func (f *Flight) beside(a Account) Account {
	if f.pieces == nil {
		return a
	}
	f.pieces = nil
	e := f.g.o.Meter.End(f.ID)
	if a.Currency == "" {
		return e
	}
	e.Cost, e.CostLow, e.CostHigh, e.Currency, e.PriceVersion = a.Cost, a.CostLow, a.CostHigh, a.Currency, a.PriceVersion
	return e
}
