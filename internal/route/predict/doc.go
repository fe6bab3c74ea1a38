// Package predict estimates, before anything is generated, how likely the local
// and the strong model are to answer a question well, and so what escalation
// would bring: strong − weak.
//
// It learns from outcomes in seconds, takes new ones in one at a time, and says
// what moved it. It decides nothing and promises nothing: thresholds and bounds
// are package calibrate's, rules are the policy's.
package predict
