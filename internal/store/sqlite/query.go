package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"irori/internal/store"
)

// Get returns one record by its id or a unique beginning of it.
func (s *Store) Get(ctx context.Context, prefix string) (store.Record, error) {
	var none store.Record
	if prefix == "" {
		return none, store.ErrNotFound
	}
	// The upper bound is the prefix followed by the highest character, so
	// that the primary key's index is used and no wildcard needs escaping.
	rows, err := s.db.QueryContext(ctx,
		`SELECT id, json FROM record WHERE id >= ?1 AND id < ?1 || char(1114111) ORDER BY id LIMIT 2`, prefix)
	if err != nil {
		return none, err
	}
	defer rows.Close()
	var found []string
	for rows.Next() {
		var id, text string
		if err := rows.Scan(&id, &text); err != nil {
			return none, err
		}
		if id == prefix {
			return decode(text)
		}
		found = append(found, text)
	}
	if err := rows.Err(); err != nil {
		return none, err
	}
	switch len(found) {
	case 0:
		return none, store.ErrNotFound
	case 1:
		return decode(found[0])
	}
	return none, store.ErrAmbiguous
}

func decode(text string) (store.Record, error) {
	var r store.Record
	err := json.Unmarshal([]byte(text), &r)
	return r, err
}

// List yields the records that pass, in order of time.
func (s *Store) List(ctx context.Context, f store.Filter) iter.Seq2[store.Record, error] {
	return func(yield func(store.Record, error) bool) {
		where, args := conditions(f)
		order, behind := "DESC", "<"
		if f.OldestFirst {
			order, behind = "ASC", ">"
		}
		if f.After != "" {
			var at int64
			err := s.db.QueryRowContext(ctx, `SELECT time_ns FROM record WHERE id = ?`, f.After).Scan(&at)
			if errors.Is(err, sql.ErrNoRows) {
				err = fmt.Errorf("cursor %s: %w", f.After, store.ErrNotFound)
			}
			if err != nil {
				yield(store.Record{}, err)
				return
			}
			where = append(where, "(time_ns, id) "+behind+" (?, ?)")
			args = append(args, at, f.After)
		}
		query := "SELECT json FROM record" + clause(where) + " ORDER BY time_ns " + order + ", id " + order
		if f.Limit > 0 {
			query += " LIMIT ?"
			args = append(args, f.Limit)
		}
		rows, err := s.db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(store.Record{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var text string
			r, err := store.Record{}, rows.Scan(&text)
			if err == nil {
				r, err = decode(text)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(store.Record{}, err)
		}
	}
}

func conditions(f store.Filter) (where []string, args []any) {
	if !f.Since.IsZero() {
		where, args = append(where, "time_ns >= ?"), append(args, f.Since.UnixNano())
	}
	if !f.Until.IsZero() {
		where, args = append(where, "time_ns < ?"), append(args, f.Until.UnixNano())
	}
	if f.Model != "" {
		where, args = append(where, "model = ?"), append(args, f.Model)
	}
	if f.Status != "" {
		where, args = append(where, "status = ?"), append(args, string(f.Status))
	}
	if len(f.Keys) > 0 {
		where = append(where, "key IN (?"+strings.Repeat(", ?", len(f.Keys)-1)+")")
		for _, k := range f.Keys {
			args = append(args, k)
		}
	}
	return where, args
}

func clause(where []string) string {
	if len(where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(where, " AND ")
}

// quarter is what SQL groups by: all zones differ from UTC by whole quarters
// of an hour, so that days of any zone, with its changes of clock, are made of
// them.
const quarter = 15 * time.Minute

const sums = `SELECT coalesce(model, ''), %s, %s, coalesce(status, ''), coalesce(energy_method, ''), coalesce(currency, ''),
	count(*), sum(prompt_tokens), sum(cached_tokens), sum(output_tokens), sum(reasoning_tokens),
	count(energy_j), coalesce(sum(energy_j), 0.0),
	coalesce(sum(iif(energy_j IS NULL, NULL, coalesce(energy_low_j, energy_j))), 0.0),
	coalesce(sum(iif(energy_j IS NULL, NULL, coalesce(energy_high_j, energy_j))), 0.0),
	count(cost), coalesce(sum(cost), 0.0),
	coalesce(sum(iif(cost IS NULL, NULL, coalesce(cost_low, cost))), 0.0),
	coalesce(sum(iif(cost IS NULL, NULL, coalesce(cost_high, cost))), 0.0),
	coalesce(sum(coalesce(cost, cost_high, cost_low)), 0.0)
	FROM record%s GROUP BY 1, 2, 3, 4, 5, 6`

// Sums adds records up by model and day.
func (s *Store) Sums(ctx context.Context, q store.SumQuery) ([]store.Sum, error) {
	where, args := conditions(q.Filter)
	bucket := "0"
	if q.ByDay {
		bucket = fmt.Sprintf("time_ns / %d", quarter.Nanoseconds())
	}
	owner := "''"
	if q.ByKey {
		owner = "coalesce(key, '')"
	}
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf(sums, bucket, owner, clause(where)), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type key struct{ model, day, owner string }
	groups := map[key]*store.Sum{}
	for rows.Next() {
		part, err := scanPart(rows)
		if err != nil {
			return nil, err
		}
		k := key{owner: part.owner}
		if q.ByModel {
			k.model = part.model
		}
		if q.ByDay {
			k.day = part.day(q.Zone)
		}
		g := groups[k]
		if g == nil {
			g = &store.Sum{Model: k.model, Day: k.day, Key: k.owner}
			groups[k] = g
		}
		part.addTo(g)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	out := make([]store.Sum, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b store.Sum) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Key, b.Key))
	})
	return out, nil
}

// part is one row of the sums: records that share model, quarter of an hour,
// status, method and currency.
type part struct {
	model, owner, status, method, currency string
	bucket, count                          int64
	tokens                                 [4]sql.NullInt64
	energy                                 store.EnergySum
	cost                                   store.CostSum
	charged                                float64
}

func scanPart(rows *sql.Rows) (part, error) {
	var p part
	err := rows.Scan(&p.model, &p.bucket, &p.owner, &p.status, &p.method, &p.currency, &p.count,
		&p.tokens[0], &p.tokens[1], &p.tokens[2], &p.tokens[3],
		&p.energy.Requests, &p.energy.Joules, &p.energy.LowJ, &p.energy.HighJ,
		&p.cost.Requests, &p.cost.Amount, &p.cost.Low, &p.cost.High, &p.charged)
	return p, err
}

func (p *part) day(zone *time.Location) string {
	if zone == nil {
		zone = time.UTC
	}
	return time.Unix(0, p.bucket*quarter.Nanoseconds()).In(zone).Format(time.DateOnly)
}

func (p *part) addTo(g *store.Sum) {
	g.Requests += p.count
	switch store.Status(p.status) {
	case store.StatusError:
		g.Errors += p.count
	case store.StatusCancelled:
		g.Cancelled += p.count
	}
	for i, to := range []**int64{&g.PromptTokens, &g.CachedTokens, &g.OutputTokens, &g.ReasoningTokens} {
		if !p.tokens[i].Valid {
			continue
		}
		if *to == nil {
			*to = new(int64)
		}
		**to += p.tokens[i].Int64
	}
	if p.energy.Requests > 0 {
		if g.Energy == nil {
			g.Energy = map[store.EnergyMethod]store.EnergySum{}
		}
		e := g.Energy[store.EnergyMethod(p.method)]
		e.Requests += p.energy.Requests
		e.Joules += p.energy.Joules
		e.LowJ += p.energy.LowJ
		e.HighJ += p.energy.HighJ
		g.Energy[store.EnergyMethod(p.method)] = e
	}
	if p.charged > 0 {
		if g.Charged == nil {
			g.Charged = map[string]float64{}
		}
		g.Charged[p.currency] += p.charged
	}
	if p.cost.Requests > 0 {
		if g.Cost == nil {
			g.Cost = map[string]store.CostSum{}
		}
		c := g.Cost[p.currency]
		c.Requests += p.cost.Requests
		c.Amount += p.cost.Amount
		c.Low += p.cost.Low
		c.High += p.cost.High
		g.Cost[p.currency] = c
	}
}
