package decide

import (
	"fmt"
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
	return strings.Join(d.out.Steps, "; ")
}

// nobody is the error of a request that no target may answer. What is private
// stays here also then.
func (d *decision) nobody(closed string) error {
	switch {
	case d.a.Stays != "":
		return llm.Errorf(llm.CodeForbidden, "%s, and no local target of the route %s can answer", d.a.Stays, d.r.Name).
			WithHint("irori route check shows the policy; name a model to ask it itself, as BACKEND/MODEL")
	case d.a.Private.Unread:
		return unread(llm.Errorf(llm.CodePrivacyCheck, "no local target can answer the request, and what is private in it could not be found out, so it does not leave this machine"))
	case d.a.Private.Treatment == policy.LocalOnly:
		return llm.Errorf(llm.CodeForbidden, "the request is private (%s), and no local target can answer it; it does not leave this machine", d.a.Private.Why).
			WithHint("irori ps shows why the local model is not there")
	case closed != "":
		return llm.Errorf(llm.CodeForbidden, "no local target can answer the request, and the cloud is not asked: %s", closed).WithHint("irori route check shows the policy")
	}
	return llm.Errorf(llm.CodeUnavailable, "no target of the route %s can answer the request: %s", d.r.Name, strings.Join(d.out.Steps, "; ")).WithHint("irori ps")
}

// unread is the error of a request of which nobody could find out whether it may
// leave, and that cannot stay: unlike a refusal another try may help.
func unread(err *llm.Error) error {
	return err.WithHint("ask again with less text, or irori ps shows why the local model is not there")
}
