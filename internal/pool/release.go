package pool

import "time"

// Release gives a model up if nobody uses it, and nobody did for the time of
// idle. It returns how long that will take at least, and whether it is still
// in memory.
func (p *Pool[M]) Release(name string, idle time.Duration) (wait time.Duration, held bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.entries[name]
	if e == nil || !e.ready {
		return 0, false // one that is loading has a user, who says anew how long
	}
	if e.refs > 0 {
		return idle, true
	}
	if rest := idle - p.o.Now().Sub(e.idleAt); rest > 0 {
		return rest, true
	}
	delete(p.entries, name)
	p.signal()
	go e.model.Close(0)
	return 0, false
}
