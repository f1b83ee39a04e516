package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bothends/capture/file"
)

// standardOutput is the value of -o that names no file.
const standardOutput = "-"

// checkOutput refuses, before any work is done, a place that the report must not
// take: an input under whatever name, and unless forced any file that exists.
func checkOutput(path string, force bool, inputs []string) error {
	if path == standardOutput {
		return nil
	}
	if path == "" {
		return &hinted{errors.New("-o names no file"), "use -o - for standard output"}
	}
	about, err := os.Stat(path)
	if err != nil {
		if _, linkErr := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && linkErr != nil {
			return checkDirectory(path)
		}
		return fmt.Errorf("output %q: %w", path, withoutPath(err))
	}
	if about.IsDir() {
		return &hinted{fmt.Errorf("output %q is a directory", path), "name a file in it"}
	}
	for _, input := range inputs {
		identity, err := identify(input)
		if err == nil && os.SameFile(about, identity) {
			return &hinted{fmt.Errorf("output %q is one of the captures: %q", path, input), "a capture is never overwritten; choose another name"}
		}
	}
	if about.Mode().IsRegular() && !force {
		return &hinted{fmt.Errorf("output %q exists", path), "choose another name, or replace it with --force"}
	}
	return nil
}

func checkDirectory(path string) error {
	directory := filepath.Dir(path)
	if _, err := os.Stat(directory); err != nil {
		return fmt.Errorf("output %q: directory %q: %w", path, directory, withoutPath(err))
	}
	return nil
}

func identify(input string) (fs.FileInfo, error) {
	if input == file.Stdin {
		return os.Stdin.Stat()
	}
	return os.Stat(input)
}

// writeFile puts the report into a file that comes into being complete or not at
// all. What is no regular file (a pipe, a device) is written to in place.
func writeFile(ctx context.Context, path string, force bool, render func(io.Writer) error) error {
	about, err := os.Stat(path)
	if err == nil && !about.Mode().IsRegular() {
		return outputError(path, writeInPlace(path, render))
	}
	if err == nil && !force { // it was made since checkOutput looked
		return fmt.Errorf("output %q exists", path)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // replace what a link points to, not the link
	}
	return outputError(path, replace(ctx, path, render))
}

func outputError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("output %q: %w", path, withoutPath(err))
}

func writeInPlace(path string, render func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(render(f), f.Close())
}

// replace writes a file beside path and renames it.
func replace(ctx context.Context, path string, render func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".bothends-*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = render(f)
	if err == nil {
		err = unlessInterrupted(ctx, f.Sync)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// withoutPath gives the system's words without the call and the path, which the
// caller says already.
func withoutPath(err error) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		return cause.Err
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return link.Err
	}
	return err
}
