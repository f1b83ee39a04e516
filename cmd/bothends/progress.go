package main

import "io"

type progress struct{}

func newProgress(w io.Writer) *progress { return &progress{} }

func (p *progress) erase() {}
