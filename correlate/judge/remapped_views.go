package judge

// answersToRemapped judges the resets that the sender answered such packets with, and that
// did not arrive as any of the connection they belong to.
func (s *stream) answersToRemapped() []Finding {
	var findings []Finding
	of := s.Cases[s.index].Of
	for _, left := range s.flow.Resets[s.sender] {
		if s.Cases[of].Connection != nil && s.streams(of)[s.sender].holds(left) {
			continue // told with that connection
		}
		f := s.missing(left, false)
		f.suggest(RemappedPackets, "the %s answered with it a packet that came under other addresses than the rest of its connection, and it went to %s, where it reached nobody", s.sender, left.Dst)
		findings = append(findings, f)
	}
	return findings
}

// remappedArrivals judges the resets that the client end's capture holds under such
// addresses, and that are none which the sender sent on the connection they belong
// to.
func (s *stream) remappedArrivals() []Finding {
	var findings []Finding
	of := s.Cases[s.index].Of
	for _, r := range s.got {
		told := s.Cases[of].Connection != nil && s.streams(of)[s.sender].sentAs(r.Reset)
		if !told {
			findings = append(findings, s.unsent(r, forged{}))
		}
	}
	return findings
}
