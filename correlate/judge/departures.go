package judge

import (
	"sort"

	"bothends/correlate/align"
	"bothends/correlate/survey"
)

// departures are what one end sent of resets with the same numbers under other addresses
// than the connection's. Each is one that arrived: under those as well, of which the
// other end's capture holds so many, or here.
type departures struct {
	left []*survey.Reset // that are not yet found to have arrived here
	came []*survey.Reset // under other addresses, in order
}

// besides is how many came beside a packet that arrived: not those that are that packet,
// seen by its receiver once more on the other side of its own NAT.
func (d *departures) besides(r *align.Reset) int {
	const passageNS = 5e6 // through one host; see the repetitions of package survey
	n := len(d.came)
	for i := sort.Search(n, func(i int) bool { return d.came[i].TimeNS > r.TimeNS-passageNS }); i < len(d.came) && d.came[i].TimeNS < r.TimeNS+passageNS; i++ {
		if d.came[i].IPID == r.Header.IPID {
			n--
		}
	}
	return n
}
