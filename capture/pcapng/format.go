package pcapng

// The numbers of the format, from draft-ietf-opsawg-pcapng sections 3 and 4.
// Names in comments are the draft's.

// byteOrderMagic stands in every section header in the section's byte order.
const byteOrderMagic = 0x1A2B3C4D

// Version 1.0 is the only one there is. Readers take 1.2 as 1.0, since some
// writers emitted it (section 4.1, and Wireshark's wiretap/pcapng.c).
const (
	versionMajor    = 1
	versionMinor    = 0
	versionMinorOdd = 2
)

// lengthUnspecified is a section length of -1: read to the next section header.
const lengthUnspecified = 0xFFFFFFFFFFFFFFFF

// Block types.
const (
	blockInterface    = 0x00000001 // IDB
	blockOldPacket    = 0x00000002 // PB, obsolete since 2004 or so
	blockSimplePacket = 0x00000003 // SPB
	blockNames        = 0x00000004 // NRB
	blockStatistics   = 0x00000005 // ISB
	blockPacket       = 0x00000006 // EPB
	blockJournal      = 0x00000009 // systemd journal export
	blockSecrets      = 0x0000000A // DSB
	blockCustomCopy   = 0x00000BAD // custom, to be copied by a program that does not know it
	blockSection      = 0x0A0D0D0A // SHB, the same in both byte orders
	blockCustomNoCopy = 0x40000BAD // custom, not to be copied
)

// Sizes in bytes. A block is type, total length, body, total length again; the
// body and every option value are padded to a multiple of 4.
const (
	blockHeaderSize  = 8  // type and length
	blockOverhead    = 12 // and the length again
	sectionFixed     = 16 // byte order magic, version, section length
	interfaceFixed   = 8  // link type, reserved, snapshot length
	packetFixed      = 20 // interface, time stamp high and low, captured and original length
	oldPacketFixed   = 20 // interface (16 bits), drops (16 bits), then as packetFixed
	simpleFixed      = 4  // original length
	statisticsFixed  = 12 // interface, time stamp high and low
	optionHeaderSize = 4  // code and length
)

// dropsUnknown in an obsolete packet block's drop count says that nobody knows.
const dropsUnknown = 0xffff

// Bounds on what is believed of a file.
const (
	// maxBlock is Wireshark's MAX_BLOCK_SIZE (wiretap/pcapng.c): the largest
	// packet of any link type with 128 KiB of options.
	maxBlock         = blockOverhead + packetFixed + 128<<20 + maxPacketOptions
	maxPacketOptions = 128 << 10
	// maxDescription was Wireshark's limit for every block until 2019. It bounds
	// the blocks that are held in memory whole.
	maxDescription = 16 << 20
	// maxInterfaces, and as many sections, are what the 16 bits of the obsolete
	// packet block could number. An IDB of 20 bytes costs ten times that in
	// memory.
	maxInterfaces = 1 << 16
	// maxText is how many bytes of comments, names and filters are kept of all
	// sections and interfaces together.
	maxText = 16 << 20
)

// Option codes that any block may have.
const (
	optEnd            = 0 // opt_endofopt
	optComment        = 1 // opt_comment
	optCustomText     = 2988
	optCustomBytes    = 2989
	optCustomTextKeep = 19372 // not to be copied
	optCustomByteKeep = 19373
)

// Option codes of a section header block.
const (
	optSectionHardware    = 2 // shb_hardware
	optSectionOS          = 3 // shb_os
	optSectionApplication = 4 // shb_userappl
)

// Option codes of an interface description block.
const (
	optIfName        = 2  // if_name
	optIfDescription = 3  // if_description
	optIfIPv4        = 4  // if_IPv4addr: address and mask, 8 bytes; may repeat
	optIfIPv6        = 5  // if_IPv6addr: address and prefix length, 17 bytes; may repeat
	optIfMAC         = 6  // if_MACaddr, 6 bytes
	optIfEUI         = 7  // if_EUIaddr, 8 bytes
	optIfSpeed       = 8  // if_speed, 64 bits
	optIfResolution  = 9  // if_tsresol: 10^-n, or 2^-n with the top bit set
	optIfZone        = 10 // if_tzone, obsolete
	optIfFilter      = 11 // if_filter: a code byte, 0 for libpcap's language, then the filter
	optIfOS          = 12 // if_os
	optIfFCSLen      = 13 // if_fcslen
	optIfOffset      = 14 // if_tsoffset: seconds, 64 bits, signed
	optIfHardware    = 15 // if_hardware
)

// filterText is the kind of if_filter that is libpcap's language, in text; 1 is
// BPF instructions.
const filterText = 0

// Option codes of an enhanced packet block.
const (
	optPacketFlags     = 2 // epb_flags
	optPacketHash      = 3 // epb_hash
	optPacketDropCount = 4 // epb_dropcount
	optPacketID        = 5 // epb_packetid
	optPacketQueue     = 6 // epb_queue
	optPacketVerdict   = 7 // epb_verdict
)

// Values in epb_flags (section 4.3.1): who sent the packet, in bits 0 and 1.
const (
	flagDirectionMask = 0x3
	flagInbound       = 0x1
	flagOutbound      = 0x2
)

// Option codes of an interface statistics block.
const (
	optStatStart        = 2 // isb_starttime: 32 high bits, then 32 low bits
	optStatEnd          = 3 // isb_endtime, likewise
	optStatReceived     = 4 // isb_ifrecv
	optStatIfDropped    = 5 // isb_ifdrop
	optStatAccepted     = 6 // isb_filteraccept
	optStatOSDropped    = 7 // isb_osdrop
	optStatDelivered    = 8 // isb_usrdeliv
	optionCounterSize   = 8
	optionStatTimeSize  = 8
	optionIPv4Size      = 8
	optionIPv6Size      = 17
	optionMACSize       = 6
	optionOffsetSize    = 8
	optionPacketFlgSize = 4
)
