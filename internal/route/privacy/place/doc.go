// Package place finds addresses: Japanese ones, English ones, and postal codes.
//
// A place that many share is no address: a city, a ward, a station and a street
// are passed over as long as no number of a house or a block follows.
package place
