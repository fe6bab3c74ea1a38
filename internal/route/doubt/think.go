package doubt

import "strings"

// thinker follows thinking that stands in the text between tags, as some
// servers leave it there: it may begin the answer only, and templates often
// open it before the answer does.
type thinker struct {
	state thinkState
	// seen is the beginning of the answer, as long as it may be a tag; tail the
	// last bytes, in which a tag may end.
	seen, tail string
	// spoke says that something else than blanks was visible.
	spoke bool
}

type thinkState uint8

const (
	mayBegin thinkState = iota
	thinking
	speaking
)

var thinkTags = []string{"<think>", "<thinking>"}

// visible returns how many bytes of the next piece are no thinking, and no
// blanks before the answer. reset is called where all before turns out to have
// been thinking.
func (t *thinker) visible(piece string, reset func()) int {
	n := t.outside(piece, func() { t.spoke = false; reset() })
	if !t.spoke && strings.TrimSpace(piece) == "" {
		return 0
	}
	t.spoke = t.spoke || n > 0
	return n
}

func (t *thinker) outside(piece string, reset func()) int {
	before := t.tail
	t.tail += piece
	if n := len(t.tail); n > 32 {
		t.tail = t.tail[n-32:]
	}
	// Also where no tag opened it: the template had.
	if end := closing(before, piece); end >= 0 {
		t.state, t.seen = speaking, ""
		reset()
		return len(strings.TrimLeft(piece[end:], " \n\r\t"))
	}
	switch t.state {
	case speaking:
		return len(piece)
	case thinking:
		return 0
	}
	t.seen += piece
	head := strings.TrimLeft(t.seen, " \n\r\t")
	for _, tag := range thinkTags {
		if strings.HasPrefix(head, tag) {
			t.state = thinking
			reset()
			return 0
		}
		if strings.HasPrefix(tag, head) {
			return len(piece)
		}
	}
	t.state, t.seen = speaking, ""
	return len(piece)
}

// closing is where behind a closing tag the piece goes on, −1 where none ends
// in it.
func closing(before, piece string) int {
	whole := before + piece
	for _, tag := range []string{"</think>", "</thinking>"} {
		if i := strings.LastIndex(whole, tag); i >= 0 && i+len(tag) > len(before) {
			return i + len(tag) - len(before)
		}
	}
	return -1
}

// said is a text without its thinking.
func (t *thinker) said(text string) string {
	for _, tag := range []string{"</think>", "</thinking>"} {
		if i := strings.LastIndex(text, tag); i >= 0 {
			return text[i+len(tag):]
		}
	}
	if t.state == thinking {
		return ""
	}
	return text
}
