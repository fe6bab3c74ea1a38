package outside

import (
	"encoding/json"
	"io"

	"irori/internal/eval/ids"
	"irori/internal/lines"
	"irori/internal/power/share"
)

// maxLine bounds a line of requests.
const maxLine = 16 << 20

// Energy is what one request of a recorded run took.
type Energy struct {
	// ID is the request's, as it was written.
	ID json.RawMessage `json:"id"`
	// EnergyJ is the request's part of what the machine took, idle power
	// while it was in flight included; EnergyActiveJ is without that. Both
	// are absent where the trace knows too little of the request's time.
	EnergyJ       *float64 `json:"energy_j,omitempty"`
	EnergyActiveJ *float64 `json:"energy_active_j,omitempty"`
	// Coverage is the part of its time that the trace knows.
	Coverage float64 `json:"coverage"`
}

// Shared is a trace divided among its requests. MeasuredJ is the sum of all
// EnergyJ, IdleJ (while nobody was served) and UnattributedJ.
type Shared struct {
	Requests      []Energy `json:"requests"`
	MeasuredJ     float64  `json:"measured_j"`
	IdleJ         float64  `json:"idle_j"`
	UnattributedJ float64  `json:"unattributed_j"`
}

// Divide reads a trace (CSV with t_s and watts, or t_s and joules of a
// cumulative counter) and requests (JSONL with id, start_s, end_s, tokens), and
// shares out the energy; idle is the machine's power without work, in watts.
func Divide(powerFile string, power io.Reader, requestFile string, requests io.Reader, idle float64) (*Shared, error) {
	t, err := readTrace(powerFile, power)
	if err != nil {
		return nil, err
	}
	list, written, err := readRequests(requestFile, requests)
	if err != nil {
		return nil, err
	}
	r, err := share.Divide(t, list, idle)
	if err != nil {
		return nil, malformed(requestFile, 1, "", "%v", err)
	}
	out := &Shared{Requests: make([]Energy, 0, len(list)), MeasuredJ: r.Measured, IdleJ: r.Idle, UnattributedJ: r.Unattributed}
	for i, p := range r.Parts {
		out.Requests = append(out.Requests, Energy{written[i], p.Joules, p.Active, p.Coverage})
	}
	return out, nil
}

func readTrace(file string, r io.Reader) (*share.Trace, error) {
	rows, set, err := table(file, r, []string{"t_s", "watts"}, []string{"t_s", "joules"})
	if err != nil {
		return nil, err
	}
	points := make([]share.Point, 0, len(rows))
	for _, row := range rows {
		at, err := row.number("t_s")
		if err != nil {
			return nil, err
		}
		v, err := row.number(set[1])
		if err != nil {
			return nil, err
		}
		if v < 0 {
			return nil, malformed(file, row.line, set[1], "%g is below 0", v)
		}
		points = append(points, share.Point{Second: at, Value: v})
	}
	make := share.FromPower
	if set[1] == "joules" {
		make = share.FromCounter
	}
	t, err := make(points)
	if err != nil {
		return nil, malformed(file, 1, "", "%v", err)
	}
	return t, nil
}

// readRequests are the requests, with their ids as they were written.
func readRequests(file string, r io.Reader) (list []share.Request, written []json.RawMessage, err error) {
	in := lines.New(r, maxLine)
	var known ids.Book
	for n, b := range in.All() {
		var q struct {
			ID     json.RawMessage `json:"id"`
			Start  *float64        `json:"start_s"`
			End    *float64        `json:"end_s"`
			Tokens *float64        `json:"tokens"`
		}
		if err := json.Unmarshal(b, &q); err != nil {
			member, what := ids.Plainly(err)
			return nil, nil, malformed(file, n, member, "it %s", what)
		}
		if err := known.Take(q.ID, n); err != nil {
			return nil, nil, malformed(file, n, "id", "it %v", err)
		}
		for _, f := range []struct {
			name string
			v    *float64
		}{{"start_s", q.Start}, {"end_s", q.End}, {"tokens", q.Tokens}} {
			if f.v == nil {
				return nil, nil, malformed(file, n, f.name, "it is missing")
			}
		}
		switch {
		case *q.End < *q.Start:
			return nil, nil, malformed(file, n, "end_s", "%g lies before start_s, %g", *q.End, *q.Start)
		case *q.Tokens < 0:
			return nil, nil, malformed(file, n, "tokens", "%g is below 0", *q.Tokens)
		}
		written = append(written, q.ID)
		list = append(list, share.Request{ID: ids.Name(q.ID), Start: *q.Start, End: *q.End, Tokens: *q.Tokens})
	}
	if n, err := in.Err(); err != nil {
		return nil, nil, malformed(file, n, "", "%v", err)
	}
	return list, written, nil
}
