package judge

import (
	"slices"
	"testing"

	"bothends/correlate/align"
	"bothends/correlate/segment"
	"bothends/correlate/tap"
)

// A keep-alive always differs from what was sent at its number, and padding that a
// device counts as data from whatever stands there: of such bytes nothing follows.
func TestOtherBytesAreNoProofWhereOneOfTheTwoIsNoData(t *testing.T) {
	data := func(head string) align.Leftover {
		return align.Leftover{
			Bucket: align.ReceivedNotSent, Frame: tap.Frame{Number: 9, TimeNS: 1000 * ms},
			Header: align.Header{Flags: segment.ACK, PayloadLen: len(head), TTL: 57, IPID: 77, Window: 500}, Head: []byte(head),
		}
	}
	rival := func(l align.Leftover, head string) align.Leftover {
		l.Rival, l.RivalHead, l.RivalLen = tap.Frame{Number: 4, TimeNS: 980 * ms}, []byte(head), len(head)
		return l
	}
	beyond := rival(data("x"), "y")
	beyond.Beyond = 1
	for _, test := range []struct {
		name     string
		leftover align.Leftover
		told     bool
	}{
		{"other words in the place of those that were sent", rival(data("250 STARTTLS"), "250 XXXXXXXX"), true},
		{"a keep-alive arrived", rival(data("\x00"), "250 STARTTLS"), false},
		{"a keep-alive stands in the place of data", rival(data("250 STARTTLS"), "\x00"), false},
		{"padding stands in the place of data", rival(data("250 STARTTLS"), "\x00\x00\x00\x00\x00\x00"), false},
		{"one byte ahead of all that was sent", beyond, true},
	} {
		for _, bucket := range []align.Bucket{align.ReceivedNotSent, align.Modified} {
			in := trial()
			test.leftover.Bucket = bucket
			s := &in.Cases[0].Streams[tap.Server]
			s.Leftovers = []align.Leftover{test.leftover}
			s.Ledger.ReceivedNotSent, s.Ledger.Modified = 1, 1
			in.Cases[0].Sum = new(in.Cases[0].Connection.Summary())
			j := judged(in)
			if told := len(j.Findings) > 0; told != test.told {
				t.Errorf("%s (bucket %d): told %v, want %v: %+v", test.name, bucket, told, test.told, j.Findings)
			}
			if l := j.Ledgers[0][tap.Server]; !test.told && l.SentNotCaptured != 1 {
				t.Errorf("%s (bucket %d): it stands in no bucket: %+v", test.name, bucket, l)
			}
		}
	}
}

// A keep-alive has the number of the SYN before it, or of the FIN that it follows: where the
// sender's capture lacks these, it is not what was sent instead.
func TestAKeepAliveInThePlaceOfASYNOrFINAccusesNobody(t *testing.T) {
	for name, test := range map[string]struct {
		flags   segment.Flags
		instead string
		accused bool
	}{
		"a keep-alive and a SYN": {segment.SYN, "x", false},
		"a keep-alive and a FIN": {segment.FIN | segment.ACK, "x", false},
		"data and a FIN":         {segment.FIN | segment.ACK, "250 STARTTLS", true},
	} {
		for _, bucket := range []align.Bucket{align.ReceivedNotSent, align.Modified} {
			in := trial()
			s := &in.Cases[0].Streams[tap.Server]
			s.Leftovers = []align.Leftover{{
				Bucket: bucket, Frame: tap.Frame{Number: 9, TimeNS: 1000 * ms},
				Header: align.Header{Flags: test.flags, TTL: 57, IPID: 77, Window: 500},
				Rival:  tap.Frame{Number: 4, TimeNS: 980 * ms}, RivalHead: []byte(test.instead), RivalLen: len(test.instead),
			}}
			s.Ledger.ReceivedNotSent, s.Ledger.Modified = 1, 1
			in.Cases[0].Sum = new(in.Cases[0].Connection.Summary())
			j := judged(in)
			if len(j.Findings) != 1 {
				t.Fatalf("%s (bucket %d): %d findings", name, bucket, len(j.Findings))
			}
			f := &j.Findings[0]
			rests := slices.ContainsFunc(f.Evidence, func(s Step) bool { return s.Rule == OtherBytes || s.Rule == Twin })
			if rests != test.accused || !test.accused && f.Verdict != Indeterminate {
				t.Errorf("%s (bucket %d): %s, by other bytes: %v, want %v", name, bucket, f.Verdict, rests, test.accused)
			}
		}
	}
}
