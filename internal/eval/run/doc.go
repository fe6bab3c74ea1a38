// Package run asks models the questions of tasks: it plans who is asked what
// in which order, keeps so many questions under way, tries again what may come
// right, tells what became of each, and goes on where a run was cut off.
//
// It knows neither HTTP nor models: an Asker asks, a Marker scores, a Keeper
// keeps. What is computed of the samples is not its business.
package run
