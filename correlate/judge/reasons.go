package judge

import (
	"fmt"

	"bothends/capture/testimony"
)

// A cause is what the kernel's word for a reset says of why it was sent.
type cause struct {
	meaning string
	pattern Pattern
}

// causes are Linux's words (enum sk_rst_reason, include/net/rstreason.h, and where
// net/ipv4/tcp.c and tcp_timer.c use them). Those that say nothing of a program or of
// late packets have no pattern.
var causes = map[string]cause{
	"NO_SOCKET":                {"no socket had the connection", LateData},
	"TCP_INVALID_ACK_SEQUENCE": {"the acknowledgment number was not valid", ""},
	"TCP_RFC7323_PAWS":         {"the timestamp ran back", ""},
	"TCP_TOO_OLD_ACK":          {"the acknowledgment was too old", ""},
	"TCP_ACK_UNSENT_DATA":      {"it acknowledged what was never sent", ""},
	"TCP_FLAGS":                {"the flags were not valid", ""},
	"TCP_OLD_ACK":              {"the acknowledgment was old", ""},
	"TCP_ABORT_ON_DATA":        {"data came when the program had closed", LateData},
	"TCP_TIMEWAIT_SOCKET":      {"the connection was closed and in TIME-WAIT", LateData},
	"INVALID_SYN":              {"a SYN came where none may", ""},
	"TCP_ABORT_ON_CLOSE":       {"the program closed it with data unread", AbortUnread},
	"TCP_ABORT_ON_LINGER":      {"the other end did not close in time (TCP_LINGER2)", Abort},
	"TCP_ABORT_ON_MEMORY":      {"the kernel was out of memory for sockets, or the other end no longer answered", Abort},
	"TCP_STATE":                {"the program or the kernel ended it at once, as SO_LINGER 0 asks for", Abort},
	"TCP_KEEPALIVE_TIMEOUT":    {"the other end did not answer keep-alives", Abort},
	"TCP_DISCONNECT_WITH_DATA": {"the program disconnected with data under way", Abort},
}

// reasonOf puts into words why the kernel sent a reset, as it says itself.
func reasonOf(e *testimony.KernelEvent) string {
	word := "it gives no reason"
	if e.Reason != "" {
		word = e.Reason
	}
	if known, ok := causes[e.Reason]; ok {
		word += ", " + known.meaning
	}
	if e.PID != 0 {
		word += fmt.Sprintf("; %q, pid %d", e.Command, e.PID)
	}
	return word
}
