package file

import (
	"errors"
	"io/fs"
	"strconv"
)

// What can be wrong with a file beside what the operating system says.
var (
	ErrEmpty      = errors.New("is empty")
	ErrDirectory  = errors.New("is a directory")
	ErrNoCapture  = errors.New("is not a capture file")
	ErrTwice      = errors.New("is given twice")
	ErrExpansion  = errors.New("unpacks to more than is believable")
	ErrNoSpace    = errors.New("cannot be unpacked")
	ErrUnreadable = errors.New("cannot be unpacked from its start")
)

// An Error is one file that cannot be used. Its text is one line; Hint, if there
// is one, says what the user can do.
type Error struct {
	Path string
	Err  error
	Hint string
}

func (e *Error) Error() string {
	name := printable(e.Path)
	if e.Path == Stdin {
		name = "standard input"
	}
	return name + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// printable quotes a path only if it would upset a terminal or a reader.
func printable(path string) string {
	if quoted := strconv.Quote(path); path == "" || quoted[1:len(quoted)-1] != path {
		return quoted
	}
	return path
}

// osError gives the system's words without the call and the path, which Error
// says already.
func osError(path string, err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	hint := ""
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = "captures made as root often belong to root; copy it, or change its owner"
	case errors.Is(err, fs.ErrNotExist) && path != "":
		hint = "check the name and the directory"
	}
	return &Error{Path: path, Err: err, Hint: hint}
}
