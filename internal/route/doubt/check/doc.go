// Package check finds what is wrong with an answer without asking anybody:
// that it is empty, cut off, a refusal, a loop, in the wrong language, without
// the sources or the JSON that were asked for, that it calls tools that are
// not there, or has code that no compiler would take.
//
// It knows no model and no threshold. Where it cannot tell, it finds nothing.
package check
