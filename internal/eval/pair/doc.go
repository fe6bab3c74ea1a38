// Package pair sets runs beside each other: two targets compared question by
// question, and runs of several machines joined into one.
//
// What was not measured alike it shows and does not rank, and says what
// differs. It reads no file.
package pair
