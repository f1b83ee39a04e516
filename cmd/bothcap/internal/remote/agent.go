package remote

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// agentVariable tells ssh where the user's agent is (ssh-agent(1)).
const agentVariable = "SSH_AUTH_SOCK"

// withAgent adds the way to the user's agent, which sudo takes out of the
// environment: sudo itself, or what started it, still has it. It leads to nothing that
// the user could not reach, as ssh runs as the user.
func withAgent(environment []string) []string {
	if os.Getenv(agentVariable) != "" || os.Getenv("SUDO_UID") == "" {
		return environment
	}
	const generations = 4 // sudo, its monitor, and what a script puts between
	for pid, n := os.Getppid(), 0; pid > 1 && n < generations; n++ {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		for _, entry := range bytes.Split(text, []byte{0}) {
			if strings.HasPrefix(string(entry), agentVariable+"=") {
				return append(environment, string(entry))
			}
		}
		pid = parent(pid)
	}
	return environment
}

// parent is a process's, or 0 (proc(5): behind the name in parentheses state, parent).
func parent(pid int) (of int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	rest := text[bytes.LastIndexByte(text, ')')+1:]
	var state string
	if _, err := fmt.Sscan(string(rest), &state, &of); err != nil {
		return 0
	}
	return of
}
