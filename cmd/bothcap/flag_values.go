//go:build cgo || windows

package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"bothends/cmd/bothcap/internal/target"
)

// size is a number of bytes, in flags with K, M or G for powers of 1024.
type size int64

func (s *size) String() string {
	n := int64(*s)
	for i, unit := range []string{"G", "M", "K"} {
		if shift := 30 - 10*i; n != 0 && n&(1<<shift-1) == 0 {
			return strconv.FormatInt(n>>shift, 10) + unit
		}
	}
	return strconv.FormatInt(n, 10)
}

func (s *size) Set(text string) error {
	digits := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I")
	shift := 0
	for i, unit := range []string{"K", "M", "G", "T"} {
		if rest, ok := strings.CutSuffix(digits, unit); ok {
			digits, shift = rest, 10*(i+1)
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > (1<<62)>>shift {
		return fmt.Errorf("%q is not a size such as 500000, 64K, 32M or 1G", text)
	}
	*s = size(n << shift)
	return nil
}

func (s *size) Type() string { return "size" }

// ports are TCP ports, in flags by number or by service name; several may be
// given at once with commas between.
type ports []uint16

func (p *ports) String() string {
	words := make([]string, 0, len(*p))
	for _, port := range *p {
		words = append(words, strconv.Itoa(int(port)))
	}
	return strings.Join(words, ",")
}

func (p *ports) Set(text string) error {
	for _, word := range strings.Split(text, ",") {
		port, err := portNamed(strings.TrimSpace(word))
		if err != nil {
			return err
		}
		*p = append(*p, port)
	}
	return nil
}

func (p *ports) Type() string { return "port" }

// portNamed looks a service up in /etc/services, or where the system has them.
func portNamed(word string) (uint16, error) {
	if n, err := strconv.ParseUint(word, 10, 64); err == nil {
		if n < 1 || n > 65535 {
			return 0, fmt.Errorf("%d is not between 1 and 65535", n)
		}
		return uint16(n), nil
	}
	n, err := net.LookupPort("tcp", word)
	if err != nil || n == 0 || strings.Trim(word, "-+0123456789") == "" {
		return 0, fmt.Errorf("%q is neither a port number nor the name of a service", word)
	}
	return uint16(n), nil
}

// connections are some, in flags one at a time.
type connections []target.Connection

func (c *connections) String() string {
	if len(*c) == 0 {
		return ""
	}
	return fmt.Sprint(*c)
}

func (c *connections) Set(text string) error {
	one, err := target.ParseConnection(text)
	if err == nil {
		*c = append(*c, one)
	}
	return err
}

func (c *connections) Type() string { return "connection" }
