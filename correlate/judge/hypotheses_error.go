package judge

import "bothends/correlate/witness"

func errorsFiltered(f *Facts) Result {
	r, six := &f.Sending, f.Packet.IPv6
	switch {
	case f.Error.MoreSent > 0:
		return open("the %s's capture holds %s more than are kept apart", f.Sender, count(f.Error.MoreSent, "ICMP error"))
	case f.Error.SentOthers:
		return refuted("the %s's capture holds ICMP errors that the %s sent", f.Sender, f.Sender)
	}
	switch witness.AdmitsErrors(r.Filter, six) {
	case witness.Admitted:
		return refuted("the %s's capture was recorded with the filter %q, which admits ICMP errors", f.Sender, r.Filter)
	case witness.LeftOut:
		return fits("the %s's capture was recorded with the filter %q, which leaves ICMP out", f.Sender, r.Filter)
	}
	if f.Stated.has(Filter) {
		switch witness.AdmitsErrors(f.Stated[Filter], six) {
		case witness.Admitted:
			return attested("the %s's capture was recorded with the filter %q, as is stated, which admits ICMP errors", f.Sender, f.Stated[Filter])
		case witness.LeftOut:
			return fits("the %s's capture was recorded with the filter %q, as is stated, which leaves ICMP out", f.Sender, f.Stated[Filter])
		}
	}
	return open("the %s's capture holds no ICMP error that the %s sent, and does not say that its filter admits them", f.Sender, f.Sender)
}

func ownFirewallsError(f *Facts) Result {
	switch {
	case f.everyWayOut() && f.Sending.sound(f.Stated) && errorsFiltered(f).Outcome == Refuted:
		r := refuted("the %s's capture holds every way out, ICMP errors too, and lacks nothing: what its firewall sends passes there", f.Sender)
		r.Attested = !f.Sending.AllInterfaces || !f.Sending.sound(stated{})
		return r
	case !f.everyWayOut():
		return open("the %s's own firewall may have sent it, by an interface that was not recorded", f.Sender)
	}
	return open("the %s's own firewall may have sent it, and nothing shows that its capture would hold that", f.Sender)
}

func ownersError(f *Facts) Result {
	if f.Stated.has(OneHost) {
		return attested("that no other machine answers for the address of the %s is stated", f.Sender)
	}
	return open("the %s's address is translated: the host that owns it on the way, a NAT or a balancer, may have said so for itself", f.Sender)
}
