package pass

import (
	"bytes"
	"strconv"

	"irori/internal/llm"
	"irori/internal/splice"
	"irori/internal/wire/openai/ask"
)

// Whole reads of an answer that is not a stream what the ledger needs: how it
// ended and what was counted. One that does not say it plainly is read in
// full.
func Whole(data []byte) ([]llm.Event, error) {
	if splice.Plain(data) {
		if events, ok := glance(data); ok {
			return events, nil
		}
	}
	return ask.DecodeAnswer(data)
}

// glance reads a valid answer's end and usage where both stand in the common
// form.
func glance(data []byte) ([]llm.Event, bool) {
	var list, usage, tier []byte
	common := true
	splice.Each(data, func(name, value []byte) {
		var to *[]byte
		switch string(name) {
		case `"choices"`:
			to = &list
		case `"usage"`:
			to = &usage
		case `"service_tier"`:
			to = &tier
		case `"id"`, `"object"`, `"created"`, `"model"`, `"system_fingerprint"`, `"timings"`, `"metadata"`:
			return
		default:
			// An error, or a name that a reader may take for one of these.
			common = common && plain(name) && bytes.Equal(value, null)
			return
		}
		common = common && *to == nil
		*to = value
	})
	if !common || len(list) == 0 || list[0] != '[' || len(usage) == 0 || usage[0] != '{' {
		return nil, false
	}
	end, ok := ends(list)
	if !ok {
		return nil, false
	}
	counted, ok := ask.Counted(usage, tier)
	if !ok {
		return nil, false
	}
	return append(end, llm.Event{Type: llm.EventUsage, Usage: counted}), true
}

var null = []byte("null")

// ends reads how the choices in a list ended, where they stand in order and
// none of them calls a tool.
func ends(list []byte) (out []llm.Event, ok bool) {
	ok = true
	splice.Items(list, func(choice []byte) {
		finish, index, numbered := llm.FinishReason(""), len(out), false
		splice.Each(choice, func(name, value []byte) {
			switch string(name) {
			case `"finish_reason"`:
				switch string(value) {
				case `"stop"`:
					finish = llm.FinishStop
				case `"length"`:
					finish = llm.FinishLength
				default:
					ok = false
				}
			case `"index"`:
				n, err := strconv.Atoi(string(value))
				ok, numbered = ok && err == nil && n == index, true
			default:
				ok = ok && plain(name)
			}
		})
		ok = ok && (numbered || index == 0) && finish != "" && !bytes.Contains(choice, calls)
		out = append(out, llm.Event{Type: llm.EventFinish, Choice: index, Finish: finish})
	})
	return out, ok && len(out) > 0 && len(out) <= most
}

// most is how many choices are read at a glance.
const most = 64

// calls stands in the name of each member that calls a tool.
var calls = []byte("_call")

// plain reports whether a name is written as servers do, and not in another
// case or with escapes: readers may take such a one for another.
func plain(name []byte) bool {
	for _, c := range name[1 : len(name)-1] {
		if (c < 'a' || c > 'z') && c != '_' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
