package pair

import "testing"

func TestAPairOfSharedNumbersIsMarked(t *testing.T) {
	other, third := "192.0.2.10:40002", "192.0.2.10:40003"
	for name, c := range map[string]struct {
		atClient, atServer []made
		shared             bool // of the first connection of the client's capture
	}{
		"one ISN in two connections, one after the other": {
			[]made{opened(client, service, 1000, 5000), opened(other, service, 1000, 7000).later(5)}, []made{opened(natted, service, 1000, 5000)}, true},
		"the same, with the timestamp of one SYN at both ends": {
			[]made{opened(client, service, 1000, 5000).stamped(77, 8), opened(other, service, 1000, 7000).later(5).stamped(5077, 9)},
			[]made{opened(natted, service, 1000, 5000).stamped(77, 8)}, false},
		"the same, and the first is known in mid-stream": {
			[]made{midway(client, service, 1001, 900, 5001, 900), opened(other, service, 1000, 7000).later(5), opened(third, service, 1000, 8000).later(9)},
			[]made{midway(natted, service, 1001, 900, 5001, 900)}, true},
		"under the same addresses and ports": {
			[]made{opened(client, service, 1000, 5000), opened(other, service, 1000, 7000).later(5)}, []made{opened(client, service, 1000, 5000)}, false},
		"one that is recorded before and after a NAT": {
			[]made{opened(client, service, 1000, 5000), opened(natted, service, 1000, 5000)}, []made{opened("100.64.0.1:7777", service, 1000, 5000)}, false},
		"every connection with a number of its own": {
			[]made{opened(client, service, 1000, 5000), opened(other, service, 3_000_000, 7000).later(5)}, []made{opened(natted, service, 1000, 5000)}, false},
	} {
		pairs, _ := match(surveyOf(c.atClient...), surveyOf(c.atServer...), true)
		if pairs[0].SharedISN != c.shared {
			t.Errorf("%s: shared %v, want %v", name, pairs[0].SharedISN, c.shared)
		}
	}
}
