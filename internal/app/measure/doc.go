// Package measure runs the questions of tasks on models: it finds what is to
// be asked and of whom, looks whether the machine is quiet, asks through a
// server of this home, and keeps what comes back in a folder.
//
// It computes no figure of a run and writes no report.
package measure
