// Package meter reads plugs and meters at the wall over the network: Tasmota
// and Shelly by HTTP, and whatever tells an MQTT broker its watts.
//
// It knows their answers and the time of each. It asks in the background, once
// a second, and a meter that falls silent has no figure. It adds up power and
// does not use the devices' own sums: these move in watt-hours, too coarse for
// a request.
package meter

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"irori/internal/power"
	"irori/internal/power/pair"
	"irori/internal/unit"
)

const (
	// interval is how often a device is asked; they measure about as often.
	interval = time.Second
	// silence is how long a figure holds. Tasmota tells its broker every ten
	// seconds at the most often.
	silence = 30 * time.Second
	// patience bounds one answer.
	patience = 3 * time.Second
	// maxAnswer bounds what is read of one.
	maxAnswer = 64 << 10
)

// figure is a power and when it was told.
type figure struct {
	watts float64
	at    time.Time
}

// source asks a device or listens to it until ctx ends, and tells each figure.
// It returns when it has to begin anew.
type source func(ctx context.Context, tell func(watts float64)) error

// wall is a meter that a source feeds.
type wall struct {
	last    atomic.Pointer[figure]
	trouble atomic.Pointer[error]
	now     func() time.Time
}

// Open begins to read the meter of a URL, and waits for its first figure until
// ctx ends. close must be called when it is no longer read. The forms:
//
//	tasmota://HOST, tasmota://USER:PASSWORD@HOST
//	shelly://HOST, shelly://HOST/1 for the second switch
//	mqtt://USER:PASSWORD@BROKER:1883/TOPIC?field=ENERGY.Power
func Open(ctx context.Context, address string) (m power.Meter, stop func(), err error) {
	u, err := url.Parse(address)
	if err != nil {
		// The error of the standard library has the whole address in it.
		return nil, nil, errors.New("the wall meter's address is no URL")
	}
	var from source
	switch u.Scheme {
	case "tasmota":
		from = every(tasmota(u))
	case "shelly":
		from = every(shelly(u))
	case "mqtt":
		if from, err = broker(u); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, fmt.Errorf("a wall meter is tasmota://HOST, shelly://HOST or mqtt://BROKER/TOPIC, not %q", u.Scheme)
	}
	if u.Host == "" {
		return nil, nil, fmt.Errorf("the wall meter's address %s:// has no host", u.Scheme)
	}
	return open(ctx, u.Scheme+" "+u.Host, from)
}

func open(ctx context.Context, name string, from source) (power.Meter, func(), error) {
	w := &wall{now: time.Now}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	first := make(chan struct{})
	var once sync.Once
	var running sync.WaitGroup
	running.Go(func() {
		for run.Err() == nil {
			err := from(run, func(watts float64) {
				if most := power.Ceiling(power.ScopeWall); !(watts <= float64(most)) {
					err := fmt.Errorf("it tells %g W, and no machine takes more than %s: is it kilowatts, or another figure?", watts, most)
					w.trouble.Store(&err)
					w.last.Store(nil)
					return
				}
				w.last.Store(&figure{watts, w.now()})
				w.trouble.Store(nil)
				once.Do(func() { close(first) })
			})
			if err != nil && run.Err() == nil {
				w.trouble.Store(&err)
			}
			select {
			case <-run.Done():
			case <-time.After(interval):
			}
		}
	})
	stop := func() { cancel(); running.Wait() }
	select {
	case <-first:
	case <-ctx.Done():
		stop()
		err := fmt.Errorf("%s tells no power", name)
		if p := w.trouble.Load(); p != nil {
			err = fmt.Errorf("%s: %w", name, *p)
		}
		return nil, nil, err
	}
	return pair.New(pair.Options{Name: "wall " + name, Scope: power.ScopeWall, Power: w.power, Hole: silence}), stop, nil
}

// power is the last figure, with the time at which it was told.
func (w *wall) power() (unit.Watts, time.Time, error) {
	f := w.last.Load()
	if f == nil || w.now().Sub(f.at) > silence {
		if p := w.trouble.Load(); p != nil {
			return 0, time.Time{}, *p
		}
		return 0, time.Time{}, errors.New("it has fallen silent")
	}
	return unit.Watts(f.watts), f.at, nil
}

// every asks once a second.
func every(ask func(ctx context.Context) (float64, error)) source {
	return func(ctx context.Context, tell func(float64)) error {
		one, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		w, err := ask(one)
		if err != nil {
			return err
		}
		tell(w)
		return nil
	}
}
