// Package ja has the kinds of instructions of M-IFEval for Japanese.
//
// The verdicts follow the published checkers, oddities included: hiragana_only
// takes digits and signs, and 文末 counts a line break as a sentence.
package ja

import (
	"irori/internal/eval/follow/rule"
	"irori/internal/eval/follow/tongue"
)

// Kinds are the makers by the names of the kinds, without a language before.
func Kinds() map[string]rule.Maker {
	return map[string]rule.Maker{
		"combination:repeat_prompt":                     repeatPrompt,
		"combination:two_responses":                     rule.TwoAnswers,
		"detectable_content:number_placeholders":        rule.Placeholders,
		"detectable_content:postscript":                 postscript,
		"detectable_format:constrained_response":        rule.OneOf("はい、そうです。", "いいえ、違います。", "どちらとも言えません。"),
		"detectable_format:json_format":                 rule.JSON,
		"detectable_format:multiple_sections":           sections,
		"detectable_format:nominal_ending":              nominalEnding,
		"detectable_format:number_bullet_lists":         listed("num_bullets", bullet),
		"detectable_format:number_highlighted_sections": rule.Highlights("《》", highlight),
		"detectable_format:number_numbered_lists":       listed("num_items", numbered),
		"detectable_format:title":                       rule.Title("『", "』", `『[^\n]+』`),
		"keywords:existence":                            keywords,
		"keywords:forbidden_words":                      forbidden,
		"keywords:frequency":                            keywordFrequency,
		"keywords:letter_frequency":                     letterFrequency,
		"language:response_language":                    tongue.Asked,
		"length_constraints:nth_paragraph_first_word":   firstWord,
		"length_constraints:number_letters":             letters,
		"length_constraints:number_paragraphs":          rule.Paragraphs,
		"length_constraints:number_sentences":           sentences,
		"letters:furigana":                              furigana,
		"letters:hiragana_only":                         only(hiragana),
		"letters:kanji":                                 kanjiLimit,
		"letters:kansuuji":                              kansuuji,
		"letters:katakana_only":                         only(katakana),
		"letters:no_hiragana":                           none(anyHiragana),
		"letters:no_katakana":                           none(anyKatakana),
		"punctuation:no_comma":                          rule.Without("、"),
		"punctuation:no_period":                         rule.Without("。"),
		"startend:end_checker":                          endPhrase,
		"startend:quotation":                            rule.Wrapped("「", "」"),
		"startend:sentence_unified_end":                 unifiedEnd,
	}
}
