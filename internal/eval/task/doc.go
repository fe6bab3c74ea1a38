// Package task says what a model is asked and how its answers are scored: a
// task is a file of questions with the words that turn each into a prompt, in
// the vocabulary of lm-evaluation-harness.
//
// It asks nobody anything and scores nothing: it turns files into questions
// that are ready to be asked.
package task
