package learnt

import (
	"bytes"
	"context"
	"encoding/json"
	"hash/fnv"

	"irori/internal/route/correct"
	"irori/internal/route/log"
	"irori/internal/route/outcome"
	"irori/internal/route/predict"
	"irori/internal/store/routed"
)

// foldCount is into how many parts outcomes are cut, to see what the others
// teach of each.
const foldCount = 5

// own gives a pair that nobody trained a predictor of its own labels: the one
// that there is, or, where there are enough labels or twice as many as it was
// made of and are left, a new one. It returns what was expected of each of those outcomes by
// what the other parts taught; t tells what it is.
func (l *Learner) own(ctx context.Context, p Pair, rows []*routed.Row, last, t *Taught, values map[string][]byte) (map[string][2]float32, error) {
	var folds map[string][2]float32
	name := keptFolds + p.name()
	if last != nil && last.Own {
		kept, err := l.o.Store.Kept(ctx, name)
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(kept[name], &folds) == nil {
			t.Base, t.Own, t.Fitted = last.Base, true, last.Fitted
		}
	}
	records := revealed(rows)
	weak, strong := known(records)
	if min(weak, strong) < least || t.Own && !outgrown(records, folds, t.Fitted) {
		return folds, nil
	}
	full, err := l.rows(ctx, false)
	if err != nil {
		return nil, err
	}
	records = revealed(full[p])
	m, left, err := fit(ctx, p, records, full[p])
	if m == nil || err != nil {
		return folds, err
	}
	var b bytes.Buffer
	if _, err := m.WriteTo(&b); err != nil {
		return nil, err
	}
	values[keptModel+p.name()] = b.Bytes()
	if values[name], err = json.Marshal(left); err != nil {
		return nil, err
	}
	t.Base, t.Own, t.Fitted = m.Version(), true, len(records)
	return left, nil
}

// outgrown reports whether at least as many outcomes came since a predictor was
// made of some as are left of those.
func outgrown(records []outcome.Record, folds map[string][2]float32, fitted int) bool {
	left := 0
	for _, r := range records {
		if _, ok := folds[r.ID]; ok {
			left++
		}
	}
	unread := fitted - len(folds) // their questions were not kept
	return len(records)-left-unread >= max(left, least)
}

// revealed are rows as outcomes, those of which a score is known.
func revealed(rows []*routed.Row) []outcome.Record {
	var out []outcome.Record
	for _, r := range rows {
		if rec := log.Revealed(r); rec.Weak != nil || rec.Strong != nil {
			out = append(out, rec)
		}
	}
	return out
}

func known(records []outcome.Record) (weak, strong int) {
	for _, r := range records {
		if r.Weak != nil {
			weak++
		}
		if r.Strong != nil {
			strong++
		}
	}
	return weak, strong
}

// fit makes a predictor of outcomes, and says of each what the other parts would
// have expected. Equal questions are in one part. No key counts more than all
// others together.
func fit(ctx context.Context, p Pair, records []outcome.Record, rows []*routed.Row) (*predict.Model, map[string][2]float32, error) {
	keys := map[string]string{}
	for _, r := range rows {
		keys[r.ID] = r.Key
	}
	var ids []string
	var parts []int
	var examples []predict.Example
	of, all := map[string]float64{}, 0.0
	for _, r := range records {
		made := predict.Examples([]outcome.Record{r})
		if len(made) == 0 || made[0].Text == "" && made[0].Features == nil {
			continue // its question was not kept
		}
		h := fnv.New32a()
		if r.Question != "" {
			h.Write([]byte(r.Question))
		} else {
			h.Write(r.Features)
		}
		ids, parts, examples = append(ids, r.ID), append(parts, int(h.Sum32()%foldCount)), append(examples, made[0])
		n := counts(&made[0])
		of[keys[r.ID]] += n
		all += n
	}
	for i := range examples {
		share := correct.Share(of[keys[ids[i]]], all, keys[ids[i]])
		examples[i].WeakCounts *= share
		examples[i].StrongCounts *= share
	}
	o := predict.Options{Weak: p.Local, Strong: p.Cloud, Domain: Domain}
	m, err := predict.Fit(examples, o)
	if err != nil {
		return nil, nil, nil // too few of a side: nothing is made of them
	}
	left := map[string][2]float32{}
	for part := range foldCount {
		if err := ctx.Err(); err != nil {
			return nil, nil, err // the server ends
		}
		var others []predict.Example
		for i, e := range examples {
			if parts[i] != part {
				others = append(others, e)
			}
		}
		x, err := predict.Fit(others, o)
		if err != nil {
			continue // of this part nothing was expected
		}
		for i := range examples {
			if parts[i] == part {
				e := x.Of(examples[i].Question)
				left[ids[i]] = [2]float32{float32(e.Weak), float32(e.Strong)}
			}
		}
	}
	return m, left, nil
}

// counts is how much an example counts, both sides together.
func counts(e *predict.Example) float64 {
	n := 0.0
	if e.Weak != nil {
		n += e.WeakCounts
	}
	if e.Strong != nil {
		n += e.StrongCounts
	}
	return n
}
