package gateway

import (
	"net/http/httptest"
	"testing"
	"time"

	"irori/internal/access"
	"irori/internal/llm"
)

// TestTwoKeys checks that a key for somebody else beside the one for here does
// no harm, and who is taken for the caller where both are known.
func TestTwoKeys(t *testing.T) {
	b := &access.Book{Version: 1}
	secret := map[string]string{"owner": "owner", "foreign": "sk-ant-mine", "": ""}
	for _, name := range []string{"a", "b", "gone"} {
		var err error
		if secret[name], err = b.Create(access.Key{Name: name}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Revoke("gone", time.Now()); err != nil {
		t.Fatal(err)
	}
	g := &Gateway{o: Options{Keys: []string{"owner"}, Access: access.NewGuard(access.GuardOptions{Book: b})}}
	for _, c := range []struct{ key, bearer, want string }{
		{"foreign", "owner", "owner"}, {"foreign", "a", "a"}, {"a", "foreign", "a"}, {"gone", "a", "a"},
		{"a", "b", "a"}, {"owner", "a", "owner"}, {"a", "owner", "a"}, {"", "b", "b"}, {"b", "", "b"},
		{"foreign", "foreign", "refused"}, {"foreign", "", "refused"}, {"", "gone", "refused"}, {"gone", "foreign", "refused"}, {"", "", "refused"},
	} {
		r := httptest.NewRequest("POST", "/v1/messages", nil)
		if c.key != "" {
			r.Header.Set("X-Api-Key", secret[c.key])
		}
		if c.bearer != "" {
			r.Header.Set("Authorization", "Bearer "+secret[c.bearer])
		}
		k, err := g.authorize(r)
		got := "owner"
		switch {
		case llm.CodeOf(err) == llm.CodeUnauthorized:
			got = "refused"
		case err != nil:
			t.Fatal(err)
		case k != nil:
			got = k.Name
		}
		if got != c.want {
			t.Errorf("x-api-key %q and bearer %q: %s, want %s", c.key, c.bearer, got, c.want)
		}
	}
}
