package report

import "fmt"

// chance is how often a judge agrees with itself that throws a coin for each
// order.
const chance = 0.5

// judging shows how far the judge can be trusted.
func (w *writer) judging() {
	l := w.l
	w.H(2, l.t("The judge", "判定役のモデル"))
	w.P(l.t("Each answer was compared with its reference twice, in both orders. Orders that contradict each other are a tie, and a tie counts as right: accuracy means little where they often do.",
		"各回答は模範解答と、順番を入れ替えて二度比べています。二度の判定が食い違えば引き分けで、引き分けは正答に数えます。食い違いが多ければ、正答率はあまり意味を持ちません。"))
	w.Add(w.figures(quality, "judge_agreement", "accuracy"))
}

// doubts warns of a judge that is not shown to agree with itself more often than
// chance would.
func (w *writer) doubts() {
	l := w.l
	for _, t := range w.run.Targets {
		g := w.group(t.ID, "all", "", quality...)
		if g == nil {
			continue
		}
		f, ok := g.Get("judge_agreement")
		if !ok || f.Value == nil || *f.Low > chance {
			continue
		}
		w.Warn(fmt.Sprintf(l.t("%s: the judge said the same in both orders for only %s %% of %d answers (95 %%: %s to %s %%). That is not shown to be better than chance: its verdicts follow the order rather than the answers, and the accuracy of judged answers says little.",
			"%s：順番を入れ替えても判定が同じだった回答は %[3]d 件中 %[2]s %%（95 %% 区間 %[4]s～%[5]s %%）です。偶然より良いとは言えません。判定は中身ではなく順番に従っている恐れがあり、判定による正答率はあまり意味を持ちません。"),
			w.label(t.ID), value(f, *f.Value), f.N, value(f, *f.Low), value(f, *f.High)))
	}
}
