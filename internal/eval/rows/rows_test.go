package rows

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"irori/internal/eval/sample"
	"irori/internal/eval/sampletest"
)

// full sets every field of a sample that there is, so that a new one cannot be
// left out of the table unseen.
func full(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		full(v.Elem(), n)
	case reflect.Struct:
		if t, ok := v.Addr().Interface().(*time.Time); ok {
			*t = time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
			return
		}
		for i := range v.NumField() {
			full(v.Field(i), n)
		}
	case reflect.String:
		v.SetString("s")
	case reflect.Int:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 2)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		full(v.Index(0), n)
	case reflect.Interface:
		v.Set(reflect.ValueOf("parsed"))
	}
}

func TestThereAndBack(t *testing.T) {
	_, samples := sampletest.Make(sampletest.Small())
	var s sample.Sample
	n := 0
	full(reflect.ValueOf(&s).Elem(), &n)
	samples = append(samples, s, sample.Sample{Schema: 1})
	want := make([]Row, len(samples))
	for i := range samples {
		samples[i].Time = samples[i].Time.Truncate(time.Microsecond)
		want[i] = Of(&samples[i])
	}
	var b bytes.Buffer
	if err := Write(&b, samples); err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[Row](bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i].Time != nil {
			*got[i].Time = got[i].Time.UTC()
		}
		for _, list := range []*[]bool{&got[i].Strict, &got[i].Loose} {
			if len(*list) == 0 {
				*list = nil
			}
		}
	}
	if d := cmp.Diff(want[len(want)-2:], got[len(got)-2:]); d != "" || len(got) != len(want) {
		t.Errorf("%d rows of %d\n%s", len(got), len(want), d)
	}
	if d := cmp.Diff(want, got[:len(want)]); d != "" {
		t.Error("the rows differ")
	}
	// Every field of the sample is in the row.
	row := reflect.ValueOf(want[len(want)-2])
	for i := range row.NumField() {
		if row.Field(i).IsZero() {
			t.Errorf("%s is empty", row.Type().Field(i).Name)
		}
	}
}

func TestNoSamples(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	if got, err := parquet.Read[Row](bytes.NewReader(b.Bytes()), int64(b.Len())); err != nil || len(got) != 0 {
		t.Errorf("%v %v", got, err)
	}
}
