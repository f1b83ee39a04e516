package pcapng

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"slices"

	"bothends/capture"
)

// setByteOrder takes the byte order from a section's magic, if it is one.
func (r *Reader) setByteOrder(magic []byte) bool {
	switch uint32(byteOrderMagic) {
	case binary.LittleEndian.Uint32(magic):
		r.bigEndian = false
	case binary.BigEndian.Uint32(magic):
		r.bigEndian = true
	default:
		return false
	}
	return true
}

func (r *Reader) versionProblem(version []byte) string {
	major, minor := r.uint16(version), r.uint16(version[2:])
	if major == versionMajor && (minor == versionMinor || minor == versionMinorOdd) {
		return ""
	}
	return fmt.Sprintf("version %d.%d, expected %d.%d", major, minor, versionMajor, versionMinor)
}

// section begins a new section: interfaces are numbered from 0 again, and the
// byte order may change. The section's length is not relied upon, for blocks are
// found by their own lengths.
func (r *Reader) section() error {
	const what = "section header block"
	if err := r.need(blockOverhead, what); err != nil {
		return err
	}
	if !r.setByteOrder(r.input.Rest[blockHeaderSize:]) {
		return r.damaged("byte order magic, got %#08x", binary.BigEndian.Uint32(r.input.Rest[blockHeaderSize:]))
	}
	total := r.uint32(r.input.Rest[4:])
	body, err := r.whole(what, total, sectionFixed, maxDescription)
	if err != nil {
		return err
	}
	if problem := r.versionProblem(body[4:]); problem != "" {
		return r.damaged("section of a known version, got %s", problem)
	}
	if len(r.sections) == maxInterfaces {
		return r.damaged("file of at most %d sections, got another", maxInterfaces)
	}
	section := capture.Section{Offset: r.input.Offset}
	list := options{list: body[sectionFixed:], bigEndian: r.bigEndian}
	for r.textSize <= maxText && list.next() {
		switch list.code {
		case optComment:
			section.Comments = append(section.Comments, r.keepText(list.value))
		case optSectionHardware:
			section.Hardware = r.keepText(list.value)
		case optSectionOS:
			section.OS = r.keepText(list.value)
		case optSectionApplication:
			section.Application = r.keepText(list.value)
		}
	}
	if err := r.listProblem(what, &list); err != nil {
		return err
	}
	r.sections = append(r.sections, section)
	r.base = len(r.interfaces)
	r.input.Advance(padded(int(total)))
	return nil
}

// keepText copies a description out of the buffer and counts what is kept.
func (r *Reader) keepText(value []byte) string {
	r.count(value)
	return text(value)
}

// count adds what an option costs in memory to what the file has cost so far. An
// empty one costs something too.
func (r *Reader) count(value []byte) {
	const overhead = 16 // of a string or slice
	r.textSize += len(value) + overhead
}

// listProblem ends the file if a description's options were no option list, or
// if there were more descriptions than any recorder writes.
func (r *Reader) listProblem(what string, list *options) error {
	if list.problem != "" {
		return r.damaged("%s with a list of options, got %s", what, list.problem)
	}
	if r.textSize > maxText {
		return r.damaged("file with at most %d bytes of comments and descriptions, got more", maxText)
	}
	return nil
}

// description adds the interface of an IDB.
func (r *Reader) description(total uint32) error {
	const what = "interface description block"
	body, err := r.whole(what, total, interfaceFixed, maxDescription)
	if err != nil {
		return err
	}
	if len(r.interfaces) == maxInterfaces {
		return r.damaged("file of at most %d interfaces, got another", maxInterfaces)
	}
	if len(r.sections) == 0 {
		return r.damaged("section header block, got an interface")
	}
	section := r.sections[len(r.sections)-1]
	about := capture.Interface{
		LinkType:    capture.LinkType(r.uint16(body)),
		SnapLen:     clampLength(r.uint32(body[4:])),
		Hardware:    section.Hardware,
		OS:          section.OS,
		Application: section.Application,
	}
	resolution := byte(resolutionDefault)
	list := options{list: body[interfaceFixed:], bigEndian: r.bigEndian}
	for r.textSize <= maxText && list.next() {
		if option, sized := interfaceOptionSizes[list.code]; sized && len(list.value) != option.size {
			ignore(&about, option.name)
			continue
		}
		switch list.code {
		case optIfResolution:
			resolution = list.value[0]
		case optIfOffset:
			about.OffsetSec = int64(r.uint64(list.value))
		default:
			r.describe(&about, list.code, list.value)
		}
	}
	if err := r.listProblem(what, &list); err != nil {
		return err
	}
	ticks := newClock(resolution, about.OffsetSec)
	about.Resolution = ticks.perSecond()
	r.interfaces = append(r.interfaces, about)
	r.lanes = append(r.lanes, newLane(about.LinkType, ticks))
	r.input.Advance(padded(int(total)))
	return nil
}

// sizedOption is an option of one size only, and the draft's name for it.
type sizedOption struct {
	size int
	name string
}

// interfaceOptionSizes holds those of an IDB. One of another size is left out, as
// Wireshark does, and noted: without its time stamp resolution or offset what the
// packets' times mean is a guess, but what they are is not.
var interfaceOptionSizes = map[uint16]sizedOption{
	optIfIPv4:       {optionIPv4Size, "if_IPv4addr"},
	optIfIPv6:       {optionIPv6Size, "if_IPv6addr"},
	optIfMAC:        {optionMACSize, "if_MACaddr"},
	optIfResolution: {1, "if_tsresol"},
	optIfOffset:     {optionOffsetSize, "if_tsoffset"},
}

// ignore notes that an option was left out, once for each name.
func ignore(about *capture.Interface, name string) {
	if !slices.Contains(about.Ignored, name) {
		about.Ignored = append(about.Ignored, name)
	}
}

// describe takes one option that says what the interface was.
func (r *Reader) describe(about *capture.Interface, code uint16, value []byte) {
	switch code {
	case optComment:
		about.Comments = append(about.Comments, r.keepText(value))
	case optIfName:
		about.Name = r.keepText(value)
	case optIfDescription:
		about.Description = r.keepText(value)
	case optIfOS:
		about.OS = r.keepText(value)
	case optIfHardware:
		about.Hardware = r.keepText(value)
	case optIfMAC:
		about.MAC = append([]byte(nil), value...)
	case optIfIPv4:
		mask := binary.BigEndian.Uint32(value[4:])
		about.Addresses = append(about.Addresses,
			netip.PrefixFrom(netip.AddrFrom4([4]byte(value)), bits.LeadingZeros32(^mask)))
		r.count(value)
	case optIfIPv6:
		about.Addresses = append(about.Addresses,
			netip.PrefixFrom(netip.AddrFrom16([16]byte(value)), min(int(value[16]), 128)))
		r.count(value)
	case optIfFilter:
		if len(value) > 0 && value[0] == filterText {
			about.Filter = r.keepText(value[1:])
		} else if len(value) > 0 {
			r.count(value)
			about.FilterCode = append([]byte(nil), value...)
		}
	}
}

// statistics takes the counters of an ISB. An interface may have several, each
// with what the recorder knew at that time; a counter that a later one leaves
// out keeps its value.
func (r *Reader) statistics(total uint32) error {
	const what = "interface statistics block"
	body, err := r.whole(what, total, statisticsFixed, maxDescription)
	if err != nil {
		return err
	}
	id := r.uint32(body)
	index := r.base + int(id)
	if id >= maxInterfaces || index >= len(r.interfaces) {
		return r.damaged("%s of one of %d interfaces, got interface %d", what, len(r.interfaces)-r.base, id)
	}
	counters := &r.interfaces[index].Counters
	list := options{list: body[statisticsFixed:], bigEndian: r.bigEndian}
	for list.next() {
		counter := counterOf(counters, list.code)
		isTime := list.code == optStatStart || list.code == optStatEnd
		if (counter != nil || isTime) && len(list.value) != optionCounterSize {
			ignore(&r.interfaces[index], statisticsNames[list.code])
			continue
		}
		switch {
		case list.code == optComment:
			if r.remark != nil {
				r.remark(index, text(list.value))
			}
		case counter != nil:
			*counter = capture.Count{N: r.uint64(list.value), Known: true}
		case isTime:
			ticks := uint64(r.uint32(list.value))<<32 | uint64(r.uint32(list.value[4:]))
			ns, _ := r.lanes[index].clock.nanoseconds(ticks)
			if list.code == optStatStart {
				counters.StartNS = ns
			} else {
				counters.EndNS = ns
			}
		}
	}
	if list.problem != "" {
		return r.damaged("%s with a list of options, got %s", what, list.problem)
	}
	r.input.Advance(padded(int(total)))
	return nil
}

// statisticsNames are the draft's names of the options of an ISB.
var statisticsNames = map[uint16]string{
	optStatStart: "isb_starttime", optStatEnd: "isb_endtime", optStatReceived: "isb_ifrecv", optStatIfDropped: "isb_ifdrop",
	optStatAccepted: "isb_filteraccept", optStatOSDropped: "isb_osdrop", optStatDelivered: "isb_usrdeliv",
}

func counterOf(c *capture.Counters, code uint16) *capture.Count {
	switch code {
	case optStatReceived:
		return &c.Received
	case optStatIfDropped:
		return &c.IfDropped
	case optStatAccepted:
		return &c.Accepted
	case optStatOSDropped:
		return &c.OSDropped
	case optStatDelivered:
		return &c.Delivered
	}
	return nil
}
