package kept

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"bothends/capture/testimony"
)

// unit is of a connection of a client with a port, with initial numbers (0 is not
// seen), that ended at a second.
func unit(client, server string, clientISN, serverISN uint32, second int) Unit {
	k := testimony.Kept{Client: netip.MustParseAddrPort(client), Server: netip.MustParseAddrPort(server), At: time.Unix(int64(second), 0)}
	if clientISN > 0 {
		k.ClientISN = &clientISN
	}
	if serverISN > 0 {
		k.ServerISN = &serverISN
	}
	return Unit{Kept: k, Path: fmt.Sprint(client, " ", second)}
}

func TestWhatBelongsTogetherIsPaired(t *testing.T) {
	const behindNAT, mail = "198.51.100.7:61000", "203.0.113.5:587"
	for _, test := range []struct {
		name           string
		client, server []Unit
		want           string // "client-index:server-index", - is none
	}{
		{"by numbers, through a NAT, whatever the clocks say", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100)}, []Unit{unit(behindNAT, mail, 5, 9, 100000)}, "0:0"},
		{"by the client's number, where the answer never came", []Unit{unit("10.0.0.2:40000", mail, 5, 0, 100)}, []Unit{unit(behindNAT, mail, 5, 9, 101)}, "0:0"},
		{"numbers say no", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100)}, []Unit{unit(behindNAT, mail, 6, 9, 100)}, "0:- -:0"},
		{"another server's port", []Unit{unit("10.0.0.2:40000", "203.0.113.5:25", 5, 9, 100)}, []Unit{unit(behindNAT, mail, 5, 9, 100)}, "0:- -:0"},
		{"by addresses, with numbers shifted", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100)}, []Unit{unit("10.0.0.2:40000", mail, 50, 9, 160)}, "0:0"},
		{"by addresses, and a day apart", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100)}, []Unit{unit("10.0.0.2:40000", mail, 50, 9, 86500)}, "0:- -:0"},
		{"by the server and the time, where the beginning was not seen", []Unit{unit("10.0.0.2:40000", mail, 0, 0, 100)}, []Unit{unit(behindNAT, mail, 7, 9, 110), unit(behindNAT, mail, 8, 9, 101)}, "0:1 -:0"},
		{"the surest first", []Unit{unit("10.0.0.2:40000", mail, 0, 0, 100), unit("10.0.0.2:40001", mail, 8, 9, 300)}, []Unit{unit(behindNAT, mail, 8, 9, 100)}, "1:0 0:-"},
		{"stuck and then reset here, reset there", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100), unit("10.0.0.2:40000", mail, 5, 9, 200)}, []Unit{unit(behindNAT, mail, 5, 9, 201)}, "0:0 1:0"},
		{"one end only", []Unit{unit("10.0.0.2:40000", mail, 5, 9, 100)}, nil, "0:-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := map[string]bool{}
			index := func(units []Unit, u *Unit) string {
				for n := range units {
					if &units[n] == u {
						return fmt.Sprint(n)
					}
				}
				return "-"
			}
			for _, p := range Match(test.client, test.server) {
				got[index(test.client, p.Client)+":"+index(test.server, p.Server)] = true
			}
			want := map[string]bool{}
			var pair string
			for rest := test.want; rest != ""; {
				n, _ := fmt.Sscan(rest, &pair)
				if n == 0 {
					break
				}
				want[pair] = true
				rest = rest[min(len(rest), len(pair)+1):]
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}
