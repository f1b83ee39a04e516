//go:build !cgo && !windows

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bothcap: built without libpcap; apt-get install gcc libpcap-dev, then: CGO_ENABLED=1 go build ./cmd/bothcap")
	os.Exit(2)
}
