// Package learn holds the learners that a router is made of: logistic
// regressions over sparse features, a low-dimensional picture of them (latent
// semantic analysis), and boosted trees over dense ones.
//
// It knows numbers only: no text, no model, no file.
package learn
