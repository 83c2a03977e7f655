// Package terminal is what kytiem and the program in front of it have in common: how a command ends, how files are read and
// errors said, and the command verify. It imports nothing of the service: what a program imports is set up whenever it
// starts, whatever it is asked for, and verify must not wait for a store, metrics or workbooks.
package terminal
