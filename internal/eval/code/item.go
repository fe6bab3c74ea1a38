package code

import (
	"time"

	"irori/internal/eval/sandbox"
	"irori/internal/eval/score"
)

// Language is what a program is written in.
type Language string

// The languages.
const (
	Python     Language = "python"
	JavaScript Language = "javascript"
)

// Item is a question whose answer is a program.
type Item struct {
	// Language is Python where none is named.
	Language Language `json:"language,omitempty"`
	// Prompt is the beginning of the program that an answer may continue,
	// empty where nothing was begun.
	Prompt string `json:"prompt"`
	// Entry is the function that is asked for.
	Entry string `json:"entry_point"`
	// Tests are run after the answer. In Python, those that define
	// check(candidate) are called with the function that was asked for; in
	// JavaScript they find assert.
	Tests string `json:"test"`
	// Limits are the sandbox's; of time, three seconds where none is given.
	Limits sandbox.Limits `json:"-"`
}

// Verdict is what became of an answer.
type Verdict struct {
	State score.State
	// Parsed is the program that was found in the answer, nil where none was.
	Parsed *string
	// Why says in a line what is not right.
	Why string
	// Run is how the program ended, where one ran.
	Run sandbox.Result
}

// timeLimit is what HumanEval gives a program.
const timeLimit = 3 * time.Second

// PassAtK estimates the share of questions that k tries would answer, of n
// tries of which c were right: 1 − C(n−c, k)/C(n, k), without the large
// numbers. It is 0 where there are fewer tries than k.
func PassAtK(n, c, k int) float64 {
	switch {
	case k <= 0 || k > n || c <= 0:
		return 0
	case n-c < k:
		return 1
	}
	none := 1.0
	for i := n - c + 1; i <= n; i++ {
		none *= 1 - float64(k)/float64(i)
	}
	return 1 - none
}
