package task

import "encoding/json"

// Output says how a task's questions are answered, in the words of
// lm-evaluation-harness.
type Output string

// The kinds of output.
const (
	// GenerateUntil asks for text up to a stop string or a length.
	GenerateUntil Output = "generate_until"
	// MultipleChoice takes the option whose log-likelihood is greatest.
	MultipleChoice Output = "multiple_choice"
	// Loglikelihood asks for the log-likelihood of one given answer.
	Loglikelihood Output = "loglikelihood"
	// LoglikelihoodRolling asks for the log-likelihood of a whole text:
	// perplexity and bits per byte.
	LoglikelihoodRolling Output = "loglikelihood_rolling"
)

// Scorer names what reads an answer and compares it with the gold.
type Scorer string

// The scorers. ByMark are the tasks of package score, named in Item.Mark.
const (
	ByMark    Scorer = "mark"   // numbers, choices, objects, texts: package score
	ByFollow  Scorer = "follow" // checkable instructions: package follow
	ByCode    Scorer = "code"   // executed tests: package code
	ByCalls   Scorer = "calls"  // tool calls, compared with Item.Gold
	ByChecks  Scorer = "checks" // several checks of one answer (Item.Checks), all must hold
	ByJudge   Scorer = "judge"  // a judge compares with a reference answer
	ByRefusal Scorer = "refusal"
	ByChoice  Scorer = "choice" // the option of greatest log-likelihood
	ByLoss    Scorer = "loss"   // perplexity, bits per byte: never right or wrong
)

// Task is a set of questions that are asked and scored alike.
type Task struct {
	// Name identifies the task; Version changes when a question, a prompt or
	// a scorer does.
	Name    string `json:"task"`
	Version string `json:"version"`
	// Family groups tasks of one ability: arithmetic, instructions,
	// extraction, tools, code, reading, translation, summary, knowledge,
	// safety, or whatever a user's file says.
	Family string `json:"family"`
	// Language is ja or en, empty where it is neither.
	Language string `json:"language,omitempty"`
	Output   Output `json:"output_type"`
	// Licence and Source tell where the questions come from.
	Licence string `json:"licence,omitempty"`
	Source  string `json:"source,omitempty"`
	Items   []Item `json:"-"`
	// Alias is the name for people, empty where Name is.
	Alias string `json:"task_alias,omitempty"`
	// SameAs names tasks that share questions with this one: their figures
	// are no independent evidence, and are never averaged with its own.
	SameAs []string `json:"same_as,omitempty"`
	// Temperature is what the task asks for, nil for 0.
	Temperature *float64 `json:"temperature,omitempty"`
}

// Turn is a message of a prompt.
type Turn struct {
	Role    string `json:"role"` // system, user, assistant
	Content string `json:"content"`
}

// Item is a question, ready to be asked.
type Item struct {
	// ID is unique within the task and stays what it is for the same
	// question.
	ID string `json:"id"`
	// Template names the pattern that a generated question comes from, empty
	// for one that was written by hand.
	Template string `json:"template,omitempty"`
	Scorer   Scorer `json:"scorer"`
	// Mark is the name that package score knows the comparison by.
	Mark string `json:"mark,omitempty"`
	// Turns are the messages, examples before the question included, as a
	// model that was tuned for conversations is asked. Plain is the same as
	// one text to be continued, for models that were not.
	Turns []Turn `json:"turns"`
	Plain string `json:"plain"`
	// Gold is the right answer in the shape that the scorer wants. Choices are
	// the options of a multiple choice, in order, as continuations of Plain.
	Gold    json.RawMessage `json:"gold,omitempty"`
	Choices []string        `json:"choices,omitempty"`
	// Checks holds what the scorer wants besides the gold: instructions with
	// arguments, code with its entry point and tests, checks of a summary.
	Checks json.RawMessage `json:"checks,omitempty"`
	// Tools and Format go into the request as they are (OpenAI's tools and
	// response_format).
	Tools  json.RawMessage `json:"tools,omitempty"`
	Format json.RawMessage `json:"response_format,omitempty"`
	// MaxTokens bounds the answer; Stop ends it.
	MaxTokens int      `json:"max_tokens"`
	Stop      []string `json:"stop,omitempty"`
	// PlainStop ends the continuation of Plain besides Stop: a model that was
	// not tuned goes on with a next question of its own.
	PlainStop []string `json:"plain_stop,omitempty"`
	// Normalise says that the log-likelihood of an option is divided by its
	// length in bytes before options are compared.
	Normalise bool `json:"normalise,omitempty"`
	// Read says how the answer is taken out of the output before it is
	// compared, nil where the whole output is.
	Read *Reading `json:"read,omitempty"`
}

// Reading takes an answer out of an output.
type Reading struct {
	// Patterns are applied one after the other; where one finds nothing there
	// is no answer.
	Patterns []Pattern `json:"patterns,omitempty"`
	// What an exact comparison passes over, on both sides.
	Case        bool     `json:"ignore_case,omitempty"`
	Punctuation bool     `json:"ignore_punctuation,omitempty"`
	Numbers     bool     `json:"ignore_numbers,omitempty"`
	Ignore      []string `json:"regexes_to_ignore,omitempty"`
}

// Pattern is a regular expression and which of its matches counts: -1 is the
// last. A group of it counts in its place where it has one.
type Pattern struct {
	Regexp string `json:"regex_pattern"`
	Match  int    `json:"group_select"`
}
