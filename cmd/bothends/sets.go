package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"bothends/capture/file"
)

// rotatedSets stands in the help of each verb that takes captures.
const rotatedSets = "A rotated set is one capture: give its files as one pattern in quotes, such as 'client_*.pcapng'."

// filesOf are those that a word of the command line stands for: the file of that
// name, or if there is none the files that match it as a pattern. A word that
// stands for nothing is returned as it is, for the error that opening it makes.
func filesOf(word string) []string {
	if word == file.Stdin || !strings.ContainsAny(word, "*?[") {
		return []string{word}
	}
	if _, err := os.Lstat(word); !errors.Is(err, fs.ErrNotExist) {
		return []string{word}
	}
	if matches, err := filepath.Glob(word); err == nil && len(matches) > 0 {
		return matches
	}
	return []string{word}
}

// filesOfAll are those of several words, which are one capture.
func filesOfAll(words []string) (list []string) {
	for _, word := range words {
		list = append(list, filesOf(word)...)
	}
	return list
}
