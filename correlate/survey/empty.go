package survey

import "bothends/correlate/segment"

// NotTCPAtAll reports whether the capture holds packets of which none could be looked
// into, as those of an unknown link type: that it shows no TCP says nothing then.
func (sv *Survey) NotTCPAtAll() bool {
	return sv.Packets > 0 && sv.Decoded[segment.UnknownLink]+sv.Decoded[segment.Malformed]+sv.Decoded[segment.HeadersCut] > 0
}
