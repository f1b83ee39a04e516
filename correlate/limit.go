package correlate

// bytesPerConnection is what a connection costs in one capture, from the survey to the
// report, garbage not yet collected included: 0.9 KiB of 300,000 half-open ones, 3.9
// KiB of those that are reset at both ends. The half of the limit that is not counted
// on makes up for the latter.
const bytesPerConnection = 2 << 10

// maxConnections is how many connections of each capture fit into the memory limit;
// 0 is any number. Half of the limit is for what is in flight, and for what costs more.
func (o *Options) maxConnections() int {
	if o.MemoryLimit <= 0 {
		return 0
	}
	return int(max(1, o.MemoryLimit/2/(2*bytesPerConnection)))
}
