// Package jinja evaluates Jinja2 templates as Python's Jinja2 3.1 does in the
// environment of Hugging Face's transformers: the immutable sandbox with
// trim_blocks, lstrip_blocks, loop controls, the generation tag, a tojson that
// keeps text and the order of keys, raise_exception and strftime_now.
//
// Chat templates come with model files and are hostile input: every rendering
// is bounded in steps, bytes and depth, and what goes wrong is an error with a
// line number, never a panic. The package knows nothing of chats, messages or
// models, reads no files and includes no other templates.
package jinja
