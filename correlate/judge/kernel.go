package judge

import "slices"

// kernelTestimony: the alleged sender's kernel counted no reset in the time in
// which the packet must have left, or none but those that its capture holds. It
// speaks for the host's TCP, not for its packet filter, whose resets it does not
// count.
func (h *hearing) kernelTestimony(a *accusation) testimony {
	if a.kind != "rst" || !h.comparable(a.TimeNS) {
		return testimony{}
	}
	latest := h.latestSent(a.TimeNS)
	before, after := h.alleged.around(latest-h.stripAt(a.TimeNS).MinRTT(), latest)
	if before == nil || after == nil || after.Resets < before.Resets {
		return testimony{}
	}
	counted := after.Resets - before.Resets
	captured := h.sentBetween(before.TimeNS, after.TimeNS)
	if counted > captured {
		// Other connections of the host may have been reset, or this one.
		return testimony{}
	}
	t := supports("from %s to %s the %s's kernel counted %s sent by its TCP, and its capture holds %s", clockTime(before.TimeNS), clockTime(after.TimeNS),
		h.sender, count(int64(counted), "reset"), count(int64(captured), "reset"))
	t.Values = map[string]any{"from": stamp(before.TimeNS), "until": stamp(after.TimeNS), "counted": counted, "captured": captured}
	t.firewall = true
	return t
}

// around returns the last count before from and the first after to.
func (w *Witness) around(from, to int64) (before, after *KernelCount) {
	for i := range w.Kernel {
		k := &w.Kernel[i]
		if k.TimeNS < from {
			before = k
		}
		if k.TimeNS > to && after == nil {
			after = k
		}
	}
	return before, after
}

// sentBetween is how many resets of the alleged sender its own capture holds in
// a time by its clock, over all connections.
func (h *hearing) sentBetween(from, to int64) uint64 {
	sent := h.sentAt[h.sender]
	first, _ := slices.BinarySearch(sent, from)
	behind, _ := slices.BinarySearch(sent, to+1)
	return uint64(behind - first)
}
