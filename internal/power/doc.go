// Package power turns counters of energy into the energy of a request.
//
// A Meter reads a cumulative counter. A Sampler polls it and keeps a history
// out of which it cuts windows with interpolated edges. An Attribution takes
// what each step of a worker did and shares out the energy of the step's
// window among the requests in it, or, where there is no meter, an interval
// that it models from processor time. The law: attributed + idle +
// unattributed = measured; no joule goes to two requests, and a modelled joule
// is never added to a measured one.
//
// It knows no sensor (package sensor/... reads them), no price, no ledger and
// no model.
package power
