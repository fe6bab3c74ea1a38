// Package en has the kinds of instructions of IFEval: what an English answer
// is asked to keep.
//
// The verdicts follow the published checkers, oddities included: a score is
// only comparable if it is the same score.
package en

import (
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/follow/tongue"
)

// Kinds are the makers by the names of the kinds, without a language before.
func Kinds() map[string]rule.Maker {
	return map[string]rule.Maker{
		"change_case:capital_word_frequency":            capitalWords,
		"change_case:english_capital":                   inCase(rule.IsUpper),
		"change_case:english_lowercase":                 inCase(rule.IsLower),
		"combination:repeat_prompt":                     repeatPrompt,
		"combination:two_responses":                     rule.TwoAnswers,
		"detectable_content:number_placeholders":        rule.Placeholders,
		"detectable_content:postscript":                 postscript,
		"detectable_format:constrained_response":        rule.OneOf("My answer is yes.", "My answer is no.", "My answer is maybe."),
		"detectable_format:json_format":                 rule.JSON,
		"detectable_format:multiple_sections":           sections,
		"detectable_format:number_bullet_lists":         bullets,
		"detectable_format:number_highlighted_sections": rule.Highlights("*", single, double),
		"detectable_format:title":                       rule.Title("<", ">", `<<[^\n]+>>`),
		"keywords:existence":                            keywords,
		"keywords:forbidden_words":                      forbidden,
		"keywords:frequency":                            keywordFrequency,
		"keywords:letter_frequency":                     letterFrequency,
		"language:response_language":                    tongue.Asked,
		"length_constraints:nth_paragraph_first_word":   firstWord,
		"length_constraints:number_paragraphs":          rule.Paragraphs,
		"length_constraints:number_sentences":           sentences,
		"length_constraints:number_words":               words,
		"punctuation:no_comma":                          rule.Without(","),
		"startend:end_checker":                          endPhrase,
		"startend:quotation":                            rule.Wrapped(`"`, `"`),
	}
}
