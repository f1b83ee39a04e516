package main

import (
	"errors"

	"golang.org/x/sys/windows"
)

func isDiskFull(err error) bool { return errors.Is(err, windows.ERROR_DISK_FULL) }
