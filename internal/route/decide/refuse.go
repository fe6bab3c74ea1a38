package decide

import (
	"fmt"
	"slices"
	"strings"

	"irori/internal/llm"
	"irori/internal/route/policy"
)

// barred is the error of a request that demands the cloud where it may not be
// asked.
func barred(why string) error {
	return llm.Errorf(llm.CodeForbidden, "the request asks for the cloud, which it may not use: %s", why).WithHint("ask irori/auto or irori/local")
}

// missing says why nobody of a side can answer.
func (d *decision) missing(of []policy.Target, side policy.Side) string {
	if len(of) == 0 {
		return fmt.Sprintf("the route %s has no %s target", d.r.Name, side)
	}
	var steps []string
	for _, s := range d.out.Steps {
		if slices.ContainsFunc(of, func(t policy.Target) bool { return strings.HasPrefix(s, t.Name+" ") }) {
			steps = append(steps, s)
		}
	}
	return strings.Join(steps, "; ")
}

// noCloud is the error of a request that demands the cloud where none of it can
// answer: a refusal where the request's own wishes leave none.
func (d *decision) noCloud() error {
	code := llm.CodeUnavailable
	if n := len(d.r.Cloud); n > 0 && d.excluded == n {
		code = llm.CodeForbidden
	}
	return llm.Errorf(code, "the request asks for the cloud, and no target of the route %s can answer it: %s", d.r.Name, d.missing(d.r.Cloud, policy.Cloud)).
		WithHint("irori route check shows the policy")
}

// nobody is the error of a request that no target may answer. What is private
// stays here also then. Where who could is down another try may help, so that is
// no refusal.
func (d *decision) nobody(closed string) error {
	code, missing := llm.CodeForbidden, d.missing(d.r.Local, policy.Local)
	if d.outage {
		code = llm.CodeUnavailable
	}
	switch {
	case d.a.Stays != "":
		return llm.Errorf(code, "%s, and no local target of the route %s can answer: %s", d.a.Stays, d.r.Name, missing).
			WithHint("irori route check shows the policy; name a model to ask it itself, as BACKEND/MODEL")
	case d.a.Private.Unread:
		return unread(llm.Errorf(llm.CodePrivacyCheck, "no local target can answer the request, and what is private in it could not be found out, so it does not leave this machine"))
	case d.a.Private.Treatment == policy.LocalOnly:
		return llm.Errorf(code, "the request is private (%s), and no local target can answer it, so it does not leave this machine: %s", d.a.Private.Why, missing).
			WithHint("irori ps shows why the local model is not there")
	case closed != "":
		return llm.Errorf(code, "no local target can answer the request, and the cloud is not asked: %s: %s", closed, missing).WithHint("irori route check shows the policy")
	}
	return llm.Errorf(llm.CodeUnavailable, "no target of the route %s can answer the request: %s", d.r.Name, strings.Join(d.out.Steps, "; ")).WithHint("irori ps")
}

// unread is the error of a request of which nobody could find out whether it may
// leave, and that cannot stay: unlike a refusal another try may help.
func unread(err *llm.Error) error {
	return err.WithHint("ask again with less text, or irori ps shows why the local model is not there")
}
