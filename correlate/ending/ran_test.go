package ending

import (
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/clock"
	"bothends/correlate/judge"
	"bothends/correlate/pair"
	"bothends/correlate/segment"
	"bothends/correlate/survey"
	"bothends/correlate/tap"
)

// fitted are two clocks that agree, by packets of two seconds.
func fitted() *clock.Fit {
	const ms = int64(1e6)
	var bounds clock.Bounds
	for i := range int64(20) {
		bounds.ToServer(i*100*ms, i*100*ms+20*ms)
		bounds.ToClient(i*100*ms, i*100*ms+20*ms)
	}
	fit := bounds.Fit()
	return &fit
}

// A recording that ended while a packet may still have been on its way, or that began after
// it left, does not show that it did not come.
func TestARecordingMustHaveRunUntilWhatLeftCanHaveCome(t *testing.T) {
	const ms = int64(1e6)
	for name, c := range map[string]struct {
		from, to int64
		later    int64 // when another packet left the client and came; 0 is never
		want     bool
	}{
		"all the time":                   {0, 9000, 0, true},
		"it ended 15 ms after it left":   {0, 1015, 0, false},
		"it ended half a second later":   {0, 1500, 0, false},
		"it began when it had left":      {1100, 9000, 0, false},
		"it holds what left later":       {0, 1030, 1005, true},
		"it holds what left before":      {0, 1015, 990, false},
		"it ended a second and a bit on": {0, 2100, 0, true},
		"it had ended before":            {0, 900, 0, false},
	} {
		e := &ender{Input: &Input{Clock: fitted(), Ran: [2]bool{true, true}, Coverage: [2]tap.Coverage{tap.Server: {FirstNS: c.from * ms, LastNS: c.to * ms}}, Trips: &align.Trips{}}}
		if c.later != 0 {
			e.Trips.By[tap.Client] = []align.Trip{{SentNS: c.later * ms}}
		}
		if got := e.serverRan(1000 * ms); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// Where nothing compares the clocks they are taken to be set: a recording that had ended half a
// minute before, by its own, did not run.
func TestARecordingThatHadEndedDidNotRunWhateverItsClock(t *testing.T) {
	const s = int64(1e9)
	for name, c := range map[string]struct {
		from, to int64
		want     bool
	}{
		"it ran":                      {50, 200, true},
		"it had ended 36 s before":    {50, 64, false},
		"it began 30 s later":         {130, 200, false},
		"it ended right after it":     {50, 100, false},
		"it began an hour before":     {-3500, 102, true},
		"it had ended an hour before": {-3600, -3500, false},
	} {
		e := &ender{Input: &Input{Clock: &clock.Fit{}, Ran: [2]bool{true, true}, Coverage: [2]tap.Coverage{tap.Server: {FirstNS: c.from * s, LastNS: c.to * s}}}}
		if got := e.serverRan(100 * s); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// A connection from the client's own address that its capture, which ran, does not hold was not
// seen to leave it: nobody is cleared of that one.
func TestAConnectionInTheClientsNameThatItsCaptureLacksIsToldApart(t *testing.T) {
	const ms = int64(1e6)
	client, other := judge.Address{15: 1}, judge.Address{15: 9}
	for name, c := range map[string]struct {
		here, from judge.Address // the client's address in its own capture, and who opened the one in question
		port       uint16
		at         int64
		answered   bool
		change     func(*pair.Pair)
		want       bool
	}{
		"in its name":                     {client, client, 587, 5000, true, nil, true},
		"of another host":                 {client, other, 587, 5000, true, nil, false},
		"its address is translated":       {other, client, 587, 5000, true, nil, false},
		"to a port that it did not use":   {client, client, 25, 5000, true, nil, false},
		"before its capture began":        {client, client, 587, 50, true, nil, false},
		"when its capture had ended":      {client, client, 587, 9990, true, nil, false},
		"a SYN that was not answered":     {client, client, 587, 5000, false, nil, false},
		"of a connection, under others":   {client, client, 587, 5000, true, func(p *pair.Pair) { p.Remapped = true }, false},
		"nobody knows of which it may be": {client, client, 587, 5000, true, func(p *pair.Pair) { p.Ambiguous = true }, false},
	} {
		ends := func(ip judge.Address, port uint16) [2]segment.Endpoint {
			return [2]segment.Endpoint{{IP: ip, Port: 40000}, {IP: judge.Address{15: 2}, Port: port}}
		}
		there := &survey.Connection{Ends: ends(c.from, c.port), Flows: new([2]survey.Flow), Handshake: true, SYNNS: c.at * ms, FirstNS: c.at * ms, LastNS: (c.at + 5) * ms}
		if c.answered {
			there.AnswerNS = (c.at + 1) * ms
		}
		e := &ender{Input: &Input{
			Clock: fitted(), Ran: [2]bool{true, true}, Coverage: [2]tap.Coverage{{FirstNS: 0, LastNS: 10000 * ms}, {FirstNS: 0, LastNS: 20000 * ms}},
			Pairs: []pair.Pair{{Method: pair.ISN}, {Client: pair.NoView, Server: 1}},
			Surveys: [2]*survey.Survey{
				{Connections: []*survey.Connection{{Ends: ends(c.here, 587)}}},
				{Connections: []*survey.Connection{{Ends: ends(client, 587)}, there}},
			},
		}}
		if c.change != nil {
			c.change(&e.Pairs[1])
		}
		if end := e.atServerOnly(&e.Pairs[1]); end.Unheld != c.want || c.want && end.Confidence != judge.Unsure {
			t.Errorf("%s: unheld %v, %s (%s)", name, end.Unheld, end.Kind, end.Confidence)
		}
	}
}
