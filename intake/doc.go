// Package intake reads what units send: files of vaccination results (CSV,
// NDJSON, XLSX) and files of units (CSV).
//
// A file of results becomes one [Row] per line: the result as far as it could be
// read, the cells as they came, and findings that name line, column, code and
// what to do, in Vietnamese and English. Reading never stops at a bad row; bad
// rows go back in an error file of the same shape ([ErrorFile]). What cannot be
// read at all is a [FileError].
//
// What is wrong is an error and keeps the row out; what is only odd is a warning;
// what is missing is neither, since a result may be completed later
// ([bundle.Result.Lacks], [Explain]). Nothing is guessed: a lost leading zero is
// pointed out and not put back, a birth known to the year stays known to the year.
//
// The package does not judge who a person is, does not confirm anything (a
// confirmation in a file is a claim), stores nothing and knows no fonts.
package intake
