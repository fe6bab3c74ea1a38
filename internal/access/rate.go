package access

import "time"

// bucket is a rate: it fills evenly to what a minute allows, and a request
// takes from it. It may be overdrawn by what is known only afterwards.
type bucket struct {
	perMinute int
	// left is what was there at the moment at.
	left float64
	at   time.Time
}

// set changes the rate; a bucket that is new is full.
func (b *bucket) set(perMinute int, now time.Time) {
	if b.perMinute == perMinute {
		return
	}
	b.fill(now)
	if b.perMinute == 0 {
		b.left, b.at = float64(perMinute), now
	}
	b.perMinute = perMinute
	b.left = min(b.left, float64(perMinute))
}

func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.left = min(float64(b.perMinute), b.left+d.Minutes()*float64(b.perMinute))
		b.at = now
	}
}

// wait is how long until n can be taken; 0 is now.
func (b *bucket) wait(n float64, now time.Time) time.Duration {
	b.fill(now)
	if b.perMinute == 0 || b.left >= n {
		return 0
	}
	return time.Duration((n - b.left) / float64(b.perMinute) * float64(time.Minute))
}

func (b *bucket) take(n float64) {
	if b.perMinute > 0 {
		b.left -= n
	}
}

// full is how long until the bucket is full again.
func (b *bucket) full() time.Duration {
	if b.perMinute == 0 {
		return 0
	}
	return time.Duration((float64(b.perMinute) - b.left) / float64(b.perMinute) * float64(time.Minute))
}
