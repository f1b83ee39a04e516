package capture

// The largest packets that the common readers believe in. A larger length in a
// file is taken for damage: libpcap's MAXIMUM_SNAPLEN and max_snaplen_for_dlt
// (pcap-common.c), Wireshark's WTAP_MAX_PACKET_SIZE_* (wiretap/wtap.h), which
// agree but on USBPcap, where the larger is Wireshark's.
const (
	maxPacket       = 262144
	maxPacketDBus   = 128 << 20 // D-Bus specification, "Message Protocol"
	maxPacketUSB    = 128 << 20
	maxPacketEBHSCR = 8 << 20 // https://www.elektrobit.com/ebhscr
)

const (
	linkDBus    LinkType = 231
	linkUSBPcap LinkType = 249
	linkEBHSCR  LinkType = 279
)

// MaxPacket is the largest number of bytes that a capture file can hold of one
// packet of this link type.
func (l LinkType) MaxPacket() uint32 {
	switch l {
	case linkDBus:
		return maxPacketDBus
	case linkUSBPcap:
		return maxPacketUSB
	case linkEBHSCR:
		return maxPacketEBHSCR
	}
	return maxPacket
}
