package store

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// odd are texts and figures that are written in a form of their own.
var (
	oddTexts   = []string{"", "plain", `"quoted" \ `, "<b>&", "line\nfeed", "é日本", "\xff", "\u2028", "\x7f"}
	oddFigures = []float64{0, math.Copysign(0, -1), 1, -2.5, 1e-6, 9.99e-7, 1e-7, 1.5e-10, 1e20, 1e21, 1.7e300, 0.1 + 0.2, 123456789.125}
	oddTimes   = []time.Time{{}, time.Unix(1, 0).UTC(), time.Unix(1, 120).UTC(), time.Unix(1, 5).In(time.FixedZone("x", 3600)), time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}
)

// filled makes a record of which about a half is there, by reflection: a new
// field is in it without a word here.
func filled(r *rand.Rand) Record {
	var rec Record
	v := reflect.ValueOf(&rec).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if r.IntN(2) == 0 {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			f.SetString(oddTexts[r.IntN(len(oddTexts))])
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Pointer:
			if f.Type().Elem().Kind() == reflect.Int {
				n := r.IntN(1000) - 3
				f.Set(reflect.ValueOf(&n))
			} else {
				x := oddFigures[r.IntN(len(oddFigures))]
				f.Set(reflect.ValueOf(&x))
			}
		case reflect.Slice:
			n := 7
			f.Set(reflect.ValueOf([]Attempt{{Backend: "b<", Seconds: 1e-7, PromptTokens: &n}}))
		default:
			f.Set(reflect.ValueOf(oddTimes[r.IntN(len(oddTimes))]))
		}
	}
	return rec
}

func TestAppendJSONWritesWhatEncodingJSONDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		rec := filled(r)
		want, werr := json.Marshal(&rec)
		got, err := rec.AppendJSON([]byte("x"))
		if (err == nil) != (werr == nil) || werr == nil && string(got) != "x"+string(want) {
			t.Fatalf("%s, %v\nwant x%s, %v", got, err, want, werr)
		}
	}
	nan := math.NaN()
	if _, err := (&Record{Cost: &nan}).AppendJSON(nil); err == nil {
		t.Error("what is no number was written")
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	rec := filled(rand.New(rand.NewPCG(1, 3)))
	rec.Time = time.Now().UTC()
	rec.Attempts = nil
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		buf, _ = rec.AppendJSON(buf[:0])
	}
}
