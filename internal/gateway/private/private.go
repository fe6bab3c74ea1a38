// Package private reads how strict a request wants its privacy to be, and hands
// it on in the request's context.
package private

import (
	"context"
	"net/http"
	"strings"

	"irori/internal/access"
	"irori/internal/llm"
	"irori/internal/route/privacy"
)

// Header is the header in which a client asks for more privacy.
const Header = "X-Irori-Privacy"

type levelOf struct{}

// Of is the level that a request's client and key ask for, empty where neither
// does.
func Of(ctx context.Context) privacy.Level {
	l, _ := ctx.Value(levelOf{}).(privacy.Level)
	return l
}

// With is ctx with the stricter of what the headers and the key say. A header
// that nobody understands is refused: it may ask for more than it would get.
func With(ctx context.Context, h http.Header, k *access.Key) (context.Context, error) {
	var level privacy.Level
	for _, list := range h.Values(Header) {
		for v := range strings.SplitSeq(list, ",") {
			l, err := privacy.ParseLevel(strings.ToLower(strings.TrimSpace(v)))
			if err != nil {
				return ctx, llm.Errorf(llm.CodeInvalidRequest, "the header %s: %v", Header, err).WithHint("send any, detect, redact or local-only; it can only be stricter than what is set")
			}
			level = privacy.StricterLevel(level, l)
		}
	}
	if k != nil {
		level = privacy.StricterLevel(level, privacy.Level(k.Privacy))
	}
	return Stricter(ctx, level), nil
}

// Stricter is ctx with a level that is no milder than what it has.
func Stricter(ctx context.Context, l privacy.Level) context.Context {
	if l = privacy.StricterLevel(Of(ctx), l); l == Of(ctx) {
		return ctx
	}
	return context.WithValue(ctx, levelOf{}, l)
}
