package report

import "sync"

// How many connections, or findings, an encoder writes before they are given away: about
// a megabyte.
const (
	connectionsAtOnce = 1024
	findingsAtOnce    = 128
)

// share writes a field that is an array of n elements. Two encoders share the work, each
// for so many elements at a time.
func (o *object) share(name string, n, atOnce int, encode func(e *lineEncoder, i int)) {
	o.name(name)
	if n == 0 {
		o.write("[]")
		return
	}
	var encoders [2]lineEncoder
	for from := 0; from < n && o.err == nil; {
		var group sync.WaitGroup
		for k := range encoders {
			e, first, end := &encoders[k], from, min(n, from+atOnce)
			from = end
			group.Go(func() {
				e.text = e.text[:0]
				for i := first; i < end; i++ {
					e.raw(before(i) + "\n" + indent + indent)
					encode(e, i)
				}
			})
		}
		group.Wait()
		for k := range encoders {
			if o.err == nil {
				o.err = encoders[k].err
			}
			if o.err == nil {
				_, o.err = o.w.Write(encoders[k].text)
			}
		}
	}
	o.write("\n" + indent + "]")
}

// before stands in front of the element of an array with this index.
func before(index int) string {
	if index == 0 {
		return "["
	}
	return ","
}
