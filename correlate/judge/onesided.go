package judge

// oneSidedResets judges the resets that arrived on a connection of which the alleged
// sender's capture holds nothing at all. The end that received them cannot show how NAT
// would have mapped the connection, so that the sender's capture may have it under other
// numbers: no verdict, but suspicion, unless the answer was made too near to be the
// sender's.
func (s *stream) oneSidedResets() []Finding {
	var findings []Finding
	for _, r := range s.got {
		findings = append(findings, s.unsent(r, forged{}))
	}
	return findings
}
