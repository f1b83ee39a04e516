package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// obeysEscapes asks the Windows console to obey ANSI escapes, which it does not
// do unasked, and reports whether it will.
func obeysEscapes(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
