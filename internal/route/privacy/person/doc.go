// Package person finds the names of people, Japanese and English.
//
// A name needs evidence: a surname beside a given name, a title, a form's
// label, an introduction. A word that only could be a name is passed over.
// Names of any person count, those of public figures too; names of companies,
// places and works do not, though people gave them theirs.
package person
