package responses

import (
	"encoding/json"

	"irori/internal/llm"
)

// compactionLead stands before a summary where a conversation goes on from
// it.
const compactionLead = "This conversation began earlier and was shortened. What had happened until then:\n\n"

// compactionAsk asks a model for the summary of what stands before it.
const compactionAsk = "Write a summary of this conversation for somebody who has to go on with it and will see nothing else " +
	"of it. Keep what was asked for and why, what was decided, what was done and with what result, names, paths, numbers " +
	"and commands exactly, what is still open, and what comes next. Write only the summary."

// Summarise turns a request into one for a summary of its conversation, after
// Converse: nothing is called, and the answer is text.
func (r *Request) Summarise() {
	// The tools stay: some vendors refuse earlier calls of tools that are not
	// named, and a prompt that begins as before is cached.
	r.ToolChoice, r.Format = llm.ToolChoice{Mode: llm.ToolNone}, llm.Format{}
	r.Logprobs, r.TopLogprobs, r.logprobs = false, 0, false
	if r.MaxTokens == nil {
		// A small model may never end, and what is not much shorter is of no
		// use: about a quarter of the conversation, a token having four bytes.
		size := 0
		for _, m := range r.Messages {
			size += len(m.Text())
		}
		r.MaxTokens = llm.IntPtr(min(4096, max(256, size/16)))
	}
	r.Messages = append(r.Messages, llm.TextMessage(llm.RoleUser, compactionAsk))
}

// EncodeCompaction writes the answer of /v1/responses/compact: what people
// wrote stays as it is, the sealed summary stands for all the rest.
func (r *Request) EncodeCompaction(past []json.RawMessage, rp Reply, sealed string, u *llm.Usage, ext *llm.Spent) ([]byte, error) {
	out := []json.RawMessage{}
	for _, raw := range append(past, r.Items(rp.Key)...) {
		var it item
		if json.Unmarshal(raw, &it) != nil || it.Type != "message" || it.Role == string(llm.RoleAssistant) {
			continue
		}
		out = append(out, raw)
	}
	last, err := marshal(itemBody{ID: "cmp_" + rp.Key + "0000", Type: "compaction", Sealed: &sealed})
	if err != nil {
		return nil, err
	}
	return marshal(struct {
		ID        string            `json:"id"`
		Object    string            `json:"object"`
		CreatedAt int64             `json:"created_at"`
		Output    []json.RawMessage `json:"output"`
		Usage     *usageBody        `json:"usage"`
	}{rp.ID(), "response.compaction", rp.Created, append(out, last), usageOf(u, ext)})
}

// Shorten drops the oldest turns of a conversation, what stands before them
// left as it is: at least one, with all that belongs to it. It reports whether
// there was one to drop.
func (r *Request) Shorten() bool {
	lead := 0
	for lead < len(r.Messages) && system(r.Messages[lead].Role) {
		lead++
	}
	end := lead + 1
	for end < len(r.Messages) && r.Messages[end].Role != llm.RoleUser {
		end++
	}
	if end >= len(r.Messages) {
		return false
	}
	r.Messages = append(r.Messages[:lead:lead], r.Messages[end:]...)
	return true
}

func system(r llm.Role) bool { return r == llm.RoleSystem || r == llm.RoleDeveloper }
