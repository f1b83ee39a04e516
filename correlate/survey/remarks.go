package survey

import (
	"bothends/capture"
	"bothends/capture/testimony"
)

// remarks gathers what recorders noted beside the packets, as it is read.
type remarks struct{ logs []*testimony.Log }

// listen makes a reader that knows of remarks hand them over.
func listen(r capture.Reader) *remarks {
	noted := &remarks{}
	if remarking, ok := r.(interface{ OnRemark(func(int, string)) }); ok {
		remarking.OnRemark(func(number int, text string) { noted.log(number).Add(text) })
	}
	return noted
}

func (n *remarks) log(number int) *testimony.Log {
	for number >= len(n.logs) {
		n.logs = append(n.logs, testimony.NewLog())
	}
	return n.logs[number]
}

// of returns the log of each interface, with what stands in its description.
func (n *remarks) of(interfaces []capture.Interface) []*testimony.Log {
	for i := range interfaces {
		for _, comment := range interfaces[i].Comments {
			n.log(i).Add(comment)
		}
		n.log(i)
	}
	return n.logs[:len(interfaces)]
}
