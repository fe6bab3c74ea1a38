package sensors

import (
	"context"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// restedBelow is how busy a machine without work may be, as a part of its
// processors.
const restedBelow = 0.1

// loads is how busy the machine's processors were in each second.
type loads struct {
	mu      sync.Mutex
	seconds []second
	unknown bool
}

// second is a stretch of about a second.
type second struct {
	from, to time.Time
	// busy is in processors, of is how many there are.
	busy, of float64
}

// watch reads the kernel's counters once a second.
func (l *loads) watch(ctx context.Context) {
	busy, all, ok := ticks()
	at := time.Now()
	if !ok {
		l.mu.Lock()
		l.unknown = true
		l.mu.Unlock()
		return
	}
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		b, a, ok := ticks()
		now := time.Now()
		if of := processors(); ok && a > all && of > 0 {
			l.mu.Lock()
			l.seconds = append(l.seconds, second{at, now, (b - busy) / (a - all) * of, of})
			l.mu.Unlock()
		}
		busy, all, at = b, a, now
	}
}

// rested reports whether the machine is known to have had nothing to do.
func (l *loads) rested() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.seconds {
		if s.busy > restedBelow*s.of {
			return false
		}
	}
	return !l.unknown && len(l.seconds) > 0
}

// ticks are the processors' time so far: busy, and all of it.
func ticks() (busy, all float64, ok bool) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	return ticksOf(string(b))
}

// ticksOf reads the first line: user, nice, system, idle, iowait, irq,
// softirq, steal; what follows is in user already.
func ticksOf(text string) (busy, all float64, ok bool) {
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if len(f) < 5 || f[0] != "cpu" {
		return 0, 0, false
	}
	for i, s := range f[1:min(len(f), 9)] {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || v < 0 {
			return 0, 0, false
		}
		all += v
		if i != 3 && i != 4 {
			busy += v
		}
	}
	return busy, all, all > 0
}

// processors are those that the kernel's line adds up.
func processors() float64 {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	n := 0.0
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "cpu") && !strings.HasPrefix(line, "cpu ") {
			n++
		}
	}
	return n
}
