package witness

import "testing"

// What tcpdump -d makes of these: whether an ICMP error about a connection of port 587,
// between the two hosts, passes.
func TestAFilterAdmitsErrorsIfItNamesThemOrSpeaksOfAddressesOnly(t *testing.T) {
	const byBothcap = "(tcp port 587) or (icmp and icmp[17] = 6 and (icmp[28:2] = 587 or icmp[30:2] = 587)) or (icmp6 and ip6[40] < 128)"
	for filter, want := range map[string][2]Admission{ // by IPv4 and IPv6
		"":                                   {PerhapsAdmitted, PerhapsAdmitted},
		"tcp":                                {LeftOut, LeftOut},
		"tcp port 587":                       {LeftOut, LeftOut},
		"port 587 and host 192.0.2.1":        {LeftOut, LeftOut},
		"ip proto 6":                         {LeftOut, LeftOut},
		"host 192.0.2.1":                     {Admitted, Admitted},
		"host 192.0.2.1 and net 10.0.0.0/8":  {Admitted, Admitted},
		"tcp port 587 or icmp":               {Admitted, PerhapsAdmitted},
		"tcp port 587 or icmp or icmp6":      {Admitted, Admitted},
		"tcp or icmp[icmptype] = icmp-echo":  {PerhapsAdmitted, PerhapsAdmitted},
		"tcp or host 192.0.2.1":              {PerhapsAdmitted, PerhapsAdmitted},
		"not icmp":                           {PerhapsAdmitted, PerhapsAdmitted},
		"icmp and inbound or tcp":            {PerhapsAdmitted, PerhapsAdmitted},
		byBothcap:                            {Admitted, Admitted},
		"not (tcp port 22) and " + byBothcap: {Admitted, Admitted},
	} {
		for six, want := range want {
			if got := AdmitsErrors(filter, six == 1); got != want {
				t.Errorf("%q, IPv%d: %d, want %d", filter, 4+2*six, got, want)
			}
		}
	}
}
