package kept

import (
	"iter"
	"log/slog"
	"testing"
	"time"

	"irori/internal/llm"
	"irori/internal/store/body"
)

// What is over is shown to nobody, also where no server has run since that
// would have deleted it.
func TestWhatIsOverIsNotShown(t *testing.T) {
	home := t.TempDir()
	k, err := Open(home, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for id, expires := range map[string]time.Time{"over": now.Add(-time.Second), "kept": now.Add(time.Hour)} {
		if err := k.db.Put(t.Context(), &body.Body{ID: id, Time: now.Add(-time.Hour), Expires: expires}); err != nil {
			t.Fatal(err)
		}
	}
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Get(t.Context(), home, "over"); llm.CodeOf(err) != llm.CodeNotFound {
		t.Errorf("over: %v", err)
	}
	if b, err := Get(t.Context(), home, "kept"); err != nil || b.ID != "kept" {
		t.Errorf("kept: %v, %v", b, err)
	}
	var ids []string
	err = Read(t.Context(), home, body.Which{}, func(list iter.Seq2[*body.Body, error]) error {
		for b, err := range list {
			if err != nil {
				return err
			}
			ids = append(ids, b.ID)
		}
		return nil
	})
	if err != nil || len(ids) != 1 || ids[0] != "kept" {
		t.Errorf("%v, %v", ids, err)
	}
}
