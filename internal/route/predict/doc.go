// Package predict estimates, before anything is generated, how likely the local
// and the strong model are to answer a question well, and so what escalation
// would bring: strong − weak.
//
// Topics tell most of it, and nothing where they are unknown: of a question
// unlike all that was learnt from, what its form tells counts for more, and the
// strong model's chances as far as they carried over between clusters of the
// training.
//
// It learns from outcomes in seconds, takes new ones in one at a time, and says
// what moved it. It decides nothing and promises nothing: thresholds and bounds
// are package calibrate's, rules are the policy's.
package predict
