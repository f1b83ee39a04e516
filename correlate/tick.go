package correlate

import "bothends/correlate/survey"

// tick is how far apart the time stamps of the coarsest interface are, in
// nanoseconds, but at least one.
func tick(surveys [2]*survey.Survey) int64 {
	const second = uint64(1e9)
	coarsest := int64(1)
	for _, sv := range surveys {
		for i := range sv.Interfaces {
			if r := sv.Interfaces[i].Resolution; r > 0 && r < second {
				coarsest = max(coarsest, int64((second+r-1)/r))
			}
		}
	}
	return coarsest
}
