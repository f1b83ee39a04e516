package survey

// mostFlows bounds what is remembered of flows that others are the same as: a megabyte. What
// is not among the first is as often as not the only one of its kind.
const mostFlows = 1 << 12

// ForgetNumbers forgets where all streams began, their prints and timestamps, once nobody
// asks any more: of Base, ISN, Print and TSVal nothing is left. What is left is the same for many
// connections, as for those of a scan, and they share it, so that nobody may change it.
func (sv *Survey) ForgetNumbers() {
	known := map[[2]Flow]*[2]Flow{}
	for _, c := range sv.Connections {
		if c.Flows == nil {
			continue
		}
		both, alone := *c.Flows, false
		for side := range both {
			f := &both[side]
			f.Base, f.ISN, f.KnowISN, f.Print, f.TSVal, f.HasTSVal, f.ResetSeq = 0, 0, false, 0, 0, false, 0
			alone = alone || f.Head != nil || f.Cover.gaps != nil
		}
		switch same := known[both]; {
		case alone:
			*c.Flows = both
		case same != nil:
			c.Flows = same
		default:
			*c.Flows = both
			if len(known) < mostFlows {
				known[both] = c.Flows
			}
		}
	}
}
