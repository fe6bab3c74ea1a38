package remote

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"testing"

	"irori/internal/fakellm"
	"irori/internal/llm"
)

// A server that cannot be started is said so by its name, and does not keep
// requests from whoever is named to stand in.
func TestTended(t *testing.T) {
	no, err := exec.LookPath("false")
	if err != nil {
		t.Skip(err)
	}
	fake := httptest.NewServer(fakellm.New(fakellm.Defaults()))
	defer fake.Close()
	spec := Spec{Name: "mine", Kind: "llamaserver", Command: []string{no}, Log: slog.New(slog.DiscardHandler)}
	set := New([]Spec{spec}, Queue{})
	defer set.Close(0)
	if err := set.Start(t.Context()); llm.CodeOf(err) != llm.CodeQuarantined {
		t.Error(err)
	}
	if _, err := set.Lease(t.Context(), "mine/m"); llm.CodeOf(err) != llm.CodeQuarantined {
		t.Error(err)
	}
	if st := set.Status(t.Context())[0]; st.State != "quarantined" || st.Crashes != 3 || st.Route != "local" || st.Fault == "" || set.Up()["mine"] {
		t.Errorf("%+v", st)
	}
	spec.Failover = []string{"other"}
	both := New([]Spec{spec, {Name: "other", Kind: "openai", URL: fake.URL}}, Queue{})
	defer both.Close(0)
	l, err := both.Lease(t.Context(), "mine/m")
	if err != nil || l.Name != "other" {
		t.Errorf("%+v %v", l, err)
	}
	if err := both.servers[0].sleep(context.Background(), 0); !errors.Is(err, errAway) {
		t.Error(err)
	}
}
