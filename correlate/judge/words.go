package judge

import (
	"fmt"
	"time"

	"bothends/correlate/tap"
)

// damagedAtReceiver says of a packet that its checksum is wrong.
func damagedAtReceiver(receiver tap.End) string {
	return fmt.Sprintf("its TCP checksum does not fit what it holds, as that of others does: the %s's TCP takes no such packet, and it was damaged on the way or in the %s's capture", receiver, receiver)
}

// stamp is a time as reports and JSON have it.
func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// clockTime is a time within a text. The step's Values have the same time as a stamp,
// by which views give it in another zone.
func clockTime(ns int64) string { return time.Unix(0, ns).UTC().Format("15:04:05.000000") }

// readable is a duration within a text.
func readable(ns int64) string {
	d := time.Duration(ns)
	if d >= time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// count is a number and its noun, which takes an s but for one.
func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// has agrees with a number of network namespaces.
func has(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// rules are so many rules of a packet filter and their verb.
func rules(n int) string {
	if n == 1 {
		return "1 rule that rejects"
	}
	return fmt.Sprintf("%d rules that reject", n)
}

func abs(n int64) int64 { return max(n, -n) }
