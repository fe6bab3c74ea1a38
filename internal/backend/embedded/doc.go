// Package embedded is the backend that computes on this machine: it runs one
// engine worker for one model, feeds it requests over pipes, hands out what
// comes back, restarts it when it dies, and gives the model up after repeated
// crashes, with the library's last words.
//
// It speaks the worker protocol only; it never loads the libraries.
package embedded
