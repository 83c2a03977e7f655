// Package sample makes vaccination results up, for the demonstration, for `make
// run` and for tests: any number of rows, the same for the same seed, in the
// files that units really send (CSV, NDJSON, XLSX).
//
// The people do not exist: names, births, numbers and doses are drawn at random,
// and where a number happens to be somebody's, nothing else about the row is
// theirs. The units are real, Đồng Nai's as of November 2021 ([Units]); their
// facilities and all tax and budget codes are made up: tax codes beginning with
// 00 were never given out.
//
// The package reads no files, opens no connections and writes only to the
// io.Writer it is given. It does not judge rows: what is wrong with a spoilt one
// is for package intake to find.
package sample
