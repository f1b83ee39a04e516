package report

// kernelLog says what the recording host's own TCP told of resets.
func (t *infoText) kernelLog() {
	log := t.KernelLog
	switch {
	case log == nil:
		return
	case log.Missing != "":
		t.row("kernel's log", "none of its resets: %s", log.Missing)
		return
	}
	t.row("kernel's log", "%s sent and %d taken by the host's own TCP, to and from the recorded hosts and ports, whatever the interface",
		count(log.Sent, "reset"), log.Received)
	switch {
	case log.Lost > 0:
		t.row("", "not complete: %s got lost", count(log.Lost, "event"))
	case log.NotShown != "":
		t.row("", "not complete: this kernel does not show %s", log.NotShown)
	case !log.Complete:
		t.row("", "not complete: a file of the set is missing")
	default:
		t.row("", "complete from %s; what a packet filter answers is not in it", t.span(log.From, log.Until))
	}
}
