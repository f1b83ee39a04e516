//go:build !windows

package main

import "os"

// obeysEscapes is true of every terminal here but those that TERM calls dumb.
func obeysEscapes(*os.File) bool { return true }
