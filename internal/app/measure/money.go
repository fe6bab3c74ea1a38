package measure

import (
	"fmt"

	"irori/internal/app"
	"irori/internal/llm"
	"irori/internal/unit"
)

// How many characters of a prompt a token may stand for: English has about
// four, Japanese one or a little less.
const (
	fewestTokens = 1.0 / 6
	mostTokens   = 1.3
)

// Money says what a plan may cost at servers that are paid, "" where none is
// asked: between bounds, since nobody has counted the tokens yet.
func (p *Plan) Money(env *app.Env) string {
	var text string
	for _, x := range p.Extent().Parts {
		var ref string
		for _, t := range p.Run.Targets {
			if t.ID == x.Target && t.Where == "cloud" {
				ref = t.Requested
			}
		}
		if ref == "" {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%d questions to %s, ", x.Questions, ref)
		price, ok := env.Config.Prices[ref]
		if !ok || price.In == nil || price.Out == nil {
			text += "whose price is not known"
			continue
		}
		currency := price.Currency
		if currency == "" {
			currency = env.Config.Money.Currency
		}
		low := (float64(x.Characters)*fewestTokens**price.In + float64(x.Questions)**price.Out) / 1e6
		high := (float64(x.Characters)*mostTokens**price.In + float64(x.OutputTokens)**price.Out) / 1e6
		text += fmt.Sprintf("%s to %s", unit.FormatMoney(low, currency), unit.FormatMoney(high, currency))
	}
	return text
}

// Unconfirmed is the refusal to spend money that nobody agreed to.
func Unconfirmed(text string) error {
	return llm.Errorf(llm.CodeForbidden, "this costs money: %s", text).WithHint("say --yes if that is meant")
}
