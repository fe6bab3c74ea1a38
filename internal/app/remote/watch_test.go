package remote

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"irori/internal/backend"
	"irori/internal/llm"
)

// A server that comes back is found without a request, soon; one that is well
// is not asked all the time.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := New([]Spec{
			{Name: "far", Kind: "openai", URL: "https://api.example.com"},
			{Name: "near", Kind: "llamaserver", URL: "http://127.0.0.1:9", Failover: []string{"far"}},
		}, Queue{})
		asked, learned := map[string]int{}, 0
		var dead atomic.Bool
		var mu sync.Mutex // servers are asked side by side
		for _, x := range set.servers {
			x.list = func(context.Context) ([]Model, error) {
				mu.Lock()
				defer mu.Unlock()
				asked[x.spec.Name]++
				if dead.Load() && x.spec.Name == "near" {
					return nil, errors.New("gone")
				}
				return []Model{{ID: "m"}}, nil
			}
		}
		yes := true
		set.servers[1].learn = func(context.Context, []string) (backend.Power, map[string]backend.Power) {
			learned++
			return backend.Power{Context: 512}, map[string]backend.Power{"m": {Images: &yes}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go set.Watch(ctx)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if n := asked["near"]; n < 33 || n > 51 {
			t.Errorf("the near one was asked %d times in ten minutes", n)
		}
		if n := asked["far"]; n < 4 || n > 7 {
			t.Errorf("the far one was asked %d times in ten minutes", n)
		}
		if m := set.servers[1].models[0]; learned > 2 || m.Context != 512 || m.Power.Images == nil {
			t.Errorf("learned %d times: %+v", learned, m)
		}
		who := func() string {
			l, err := set.Lease(ctx, "near/m")
			if err != nil {
				t.Fatal(err)
			}
			return l.Name
		}
		if who() != "near" || !set.Up()["near"] {
			t.Error("the near one is not used")
		}
		dead.Store(true)
		time.Sleep(20 * time.Second)
		if who() != "far" || set.Up()["near"] {
			t.Error("the near one is used while it is known to be down")
		}
		dead.Store(false)
		time.Sleep(4 * time.Second)
		if who() != "near" || !set.Up()["near"] {
			t.Error("the near one is not used again")
		}
		if l, err := set.Lease(ctx, "far/m"); err != nil || l.Next != nil || llm.CodeOf(err) != "" {
			t.Error("nobody is named to stand in for the far one")
		}
	})
}
