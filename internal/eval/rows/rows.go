package rows

import (
	"encoding/json"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/compress/gzip"

	"irori/internal/eval/sample"
)

// Row is a sample with its parts laid flat. What is not known is null; the
// columns have the names that samples.jsonl has, with the part's in front where
// one alone would be taken for another.
type Row struct {
	Target   string `parquet:"target,dict"`
	Pass     string `parquet:"pass,dict"`
	Repeat   int32  `parquet:"repeat"`
	Order    int32  `parquet:"order"`
	Task     string `parquet:"task,dict"`
	Item     string `parquet:"query_id"`
	Family   string `parquet:"family,dict"`
	Language string `parquet:"language,dict"`
	Domain   string `parquet:"domain,dict"`

	PromptSHA   string  `parquet:"prompt_sha256"`
	ResponseSHA string  `parquet:"response_sha256"`
	Output      *string `parquet:"output,optional"`

	State  string  `parquet:"state,dict"`
	Parsed *string `parquet:"parsed_json,optional"`
	Why    string  `parquet:"why"`
	Strict []bool  `parquet:"strict,list"`
	Loose  []bool  `parquet:"loose,list"`
	Judge  *string `parquet:"judge_json,optional"`

	Prompt     *int64 `parquet:"tokens_prompt,optional"`
	Cached     *int64 `parquet:"tokens_cached,optional"`
	Written    *int64 `parquet:"tokens_output,optional"`
	Reasoning  *int64 `parquet:"tokens_reasoning,optional"`
	Characters *int64 `parquet:"characters,optional"`

	TTFT   *float64 `parquet:"ttft_s,optional"`
	Total  *float64 `parquet:"total_s,optional"`
	Queue  *float64 `parquet:"queue_s,optional"`
	ITLP50 *float64 `parquet:"itl_p50_s,optional"`
	ITLP90 *float64 `parquet:"itl_p90_s,optional"`
	ITLP95 *float64 `parquet:"itl_p95_s,optional"`
	ITLP99 *float64 `parquet:"itl_p99_s,optional"`

	Method   *string  `parquet:"energy_method,optional"`
	Basis    *string  `parquet:"energy_basis,optional"`
	Energy   *float64 `parquet:"energy_j,optional"`
	Active   *float64 `parquet:"energy_active_j,optional"`
	Low      *float64 `parquet:"energy_low_j,optional"`
	High     *float64 `parquet:"energy_high_j,optional"`
	Prefill  *float64 `parquet:"energy_prefill_j,optional"`
	Decode   *float64 `parquet:"energy_decode_j,optional"`
	Power    *float64 `parquet:"power_w,optional"`
	PowerLow *float64 `parquet:"power_low_w,optional"`
	PowerHi  *float64 `parquet:"power_high_w,optional"`
	Coverage *float64 `parquet:"energy_coverage,optional"`

	NLL       *float64 `parquet:"nll_sum,optional"`
	NLLTokens *int64   `parquet:"nll_tokens,optional"`
	NLLBytes  *int64   `parquet:"nll_bytes,optional"`

	Cost     *float64 `parquet:"cost,optional"`
	Currency string   `parquet:"currency,dict"`

	Temperature *float64 `parquet:"temperature,optional"`
	MaxTokens   *int64   `parquet:"max_tokens,optional"`

	FinishReason string     `parquet:"finish_reason,dict"`
	RequestID    string     `parquet:"request_id"`
	Start        *float64   `parquet:"start_s,optional"`
	Time         *time.Time `parquet:"time,optional,timestamp(microsecond)"`
	InFlight     *int32     `parquet:"in_flight,optional"`
}

// Of lays a sample flat.
func Of(s *sample.Sample) Row {
	r := Row{
		Target: s.Target, Pass: s.Pass, Repeat: int32(s.Repeat), Order: int32(s.Order), Task: s.Task, Item: s.Item, Family: s.Family,
		Language: s.Language, Domain: s.Domain, PromptSHA: s.PromptSHA, ResponseSHA: s.ResponseSHA, Output: s.Output, State: string(s.State),
		Parsed: asJSON(s.Parsed, s.Parsed != nil), Why: s.Why, Strict: s.Strict, Loose: s.Loose, Judge: asJSON(s.Judge, s.Judge != nil),
		Prompt: long(s.Tokens.Prompt), Cached: long(s.Tokens.Cached), Written: long(s.Tokens.Output), Reasoning: long(s.Tokens.Reasoning), Characters: long(s.Tokens.Characters),
		TTFT: s.Latency.TTFT, Total: s.Latency.Total, Queue: s.Latency.Queue, ITLP50: s.Latency.ITLP50, ITLP90: s.Latency.ITLP90, ITLP95: s.Latency.ITLP95, ITLP99: s.Latency.ITLP99,
		NLL: s.NLL, NLLTokens: long(s.NLLTokens), NLLBytes: long(s.NLLBytes), Cost: s.Cost, Currency: s.Currency,
		Temperature: s.Temperature, MaxTokens: long(s.MaxTokens), FinishReason: s.FinishReason, RequestID: s.RequestID,
	}
	if s.Start != 0 || !s.Time.IsZero() {
		r.Start = &s.Start
	}
	if s.InFlight > 0 {
		n := int32(s.InFlight)
		r.InFlight = &n
	}
	if !s.Time.IsZero() {
		at := s.Time.UTC()
		r.Time = &at
	}
	if e := s.Energy; e != nil {
		r.Method, r.Basis, r.Energy, r.Active, r.Low, r.High = &e.Method, &e.Basis, &e.Full, e.Active, e.Low, e.High
		r.Prefill, r.Decode, r.Power, r.PowerLow, r.PowerHi, r.Coverage = e.Prefill, e.Decode, e.Power, e.PowerLow, e.PowerHi, e.Coverage
	}
	return r
}

func long(v *int) *int64 {
	if v == nil {
		return nil
	}
	x := int64(*v)
	return &x
}

func asJSON(v any, is bool) *string {
	if !is {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	s := string(b)
	return &s
}

// codec is what every reader of Parquet has, and the standard library too.
var codec compress.Codec = &gzip.Codec{Level: gzip.DefaultCompression}

// Write writes samples as Parquet.
func Write(w io.Writer, samples []sample.Sample) error {
	out := parquet.NewGenericWriter[Row](w, parquet.Compression(codec), parquet.CreatedBy("irori", "", ""))
	const batch = 500
	rows := make([]Row, 0, batch)
	for i := range samples {
		rows = append(rows, Of(&samples[i]))
		if len(rows) == batch || i == len(samples)-1 {
			if _, err := out.Write(rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
	}
	return out.Close()
}
