package segment

import (
	"encoding/binary"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
	"pgregory.net/rapid"

	"bothends/capture"
)

// The slow, obvious twin of Decode is gopacket/layers: for any packet it can
// build and read, both say the same.
func TestDecodeEqualsGopacketOnGeneratedPackets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := generated(t)
		want, ok := twin(g.first, g.frame)
		if !ok {
			t.Fatalf("gopacket does not read its own packet: %x", g.frame)
		}
		got := dirty()
		p := &capture.Packet{LinkType: g.link, OrigLen: len(g.frame), Data: g.frame}
		if result := Decode(p, &got); result != TCP {
			t.Fatalf("got %q for %x", result, g.frame)
		}
		got.Direction = capture.DirectionUnknown // gopacket has none
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("frame %x (-gopacket +decoded):\n%s", g.frame, diff)
		}
		checkSegment(t, p, &got)
	})
}

// twin decodes with gopacket and copies what it says into a Segment.
func twin(first gopacket.Decoder, frame []byte) (s Segment, ok bool) {
	packet := gopacket.NewPacket(frame, first, gopacket.Default)
	if packet.ErrorLayer() != nil {
		return s, false
	}
	switch ip := packet.NetworkLayer().(type) {
	case *layers.IPv4:
		s.Src.IP, s.Dst.IP = [16]byte(ip.SrcIP.To16()), [16]byte(ip.DstIP.To16())
		s.TTL, s.TOS, s.IPID = ip.TTL, ip.TOS, ip.Id
		s.DF = ip.Flags&layers.IPv4DontFragment != 0
	case *layers.IPv6:
		s.IPv6 = true
		s.Src.IP, s.Dst.IP = [16]byte(ip.SrcIP), [16]byte(ip.DstIP)
		s.TTL, s.TOS = ip.HopLimit, ip.TrafficClass
	default:
		return s, false
	}
	tcp, ok := packet.TransportLayer().(*layers.TCP)
	if !ok {
		return s, false
	}
	s.Src.Port, s.Dst.Port = uint16(tcp.SrcPort), uint16(tcp.DstPort)
	s.Seq, s.Ack, s.Window = tcp.Seq, tcp.Ack, tcp.Window
	for i, set := range []bool{tcp.FIN, tcp.SYN, tcp.RST, tcp.PSH, tcp.ACK, tcp.URG, tcp.ECE, tcp.CWR} {
		if set {
			s.Flags |= 1 << i
		}
	}
	s.Header, s.Payload, s.PayloadLen = tcp.LayerContents(), tcp.LayerPayload(), len(tcp.LayerPayload())
	for _, option := range tcp.Options {
		twinOption(&s.Options, option)
	}
	return s, true
}

// twinOption says what an option means; gopacket only splits them.
func twinOption(o *Options, option layers.TCPOption) {
	data := option.OptionData
	switch option.OptionType {
	case layers.TCPOptionKindMSS:
		o.Has, o.MSS = o.Has|MSS, binary.BigEndian.Uint16(data)
	case layers.TCPOptionKindWindowScale:
		o.Has, o.WindowScale = o.Has|WindowScale, data[0]
	case layers.TCPOptionKindSACKPermitted:
		o.Has |= SACKPermitted
	case layers.TCPOptionKindSACK:
		o.Has, o.SACKCount, o.SACK = o.Has|SACK, uint8(len(data)/8), [4][2]uint32{}
		for i := 0; i < len(data); i += 4 {
			o.SACK[i/8][i/4%2] = binary.BigEndian.Uint32(data[i:])
		}
	case layers.TCPOptionKindTimestamps:
		o.Has |= Timestamps
		o.TSVal, o.TSEcr = binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	case 34:
		o.Has |= FastOpen
	case 30:
		o.Has |= MPTCP
	}
}

// generatedFrame is a frame and how both decoders are told what it begins with.
type generatedFrame struct {
	link  capture.LinkType
	first gopacket.Decoder
	frame []byte
}

func generated(t *rapid.T) generatedFrame {
	ipv6 := rapid.Bool().Draw(t, "ipv6")
	network := generatedNetwork(t, ipv6)
	padding := make([]byte, 0)

	etherType, family, pppType := layers.EthernetTypeIPv4, layers.ProtocolFamilyIPv4, layers.PPPTypeIPv4
	if ipv6 {
		etherType, pppType = layers.EthernetTypeIPv6, layers.PPPTypeIPv6
		family = rapid.SampledFrom([]layers.ProtocolFamily{
			layers.ProtocolFamilyIPv6BSD, layers.ProtocolFamilyIPv6FreeBSD, layers.ProtocolFamilyIPv6Darwin, layers.ProtocolFamilyIPv6Linux,
		}).Draw(t, "family")
	}

	var g generatedFrame
	var link []gopacket.SerializableLayer
	kind := rapid.SampledFrom([]string{"ethernet", "pppoe", "sll", "raw", "bare", "null", "loop", "ppp"}).Draw(t, "link")
	switch kind {
	case "ethernet", "pppoe":
		g.link, g.first = capture.LinkEthernet, layers.LinkTypeEthernet
		if kind == "pppoe" {
			link = append(link, &layers.PPPoE{Version: 1, Type: 1, SessionId: 7}, &layers.PPP{PPPType: pppType})
			etherType = layers.EthernetTypePPPoESession
		}
		link = append(generatedTags(t, &etherType), link...)
		link = append([]gopacket.SerializableLayer{&layers.Ethernet{SrcMAC: make(net.HardwareAddr, 6), DstMAC: make(net.HardwareAddr, 6), EthernetType: etherType}}, link...)
		padding = make([]byte, rapid.IntRange(0, 8).Draw(t, "padding"))
	case "sll": // gopacket reads these, but does not write them
		g.link, g.first = capture.LinkLinuxSLL, layers.LinkTypeLinuxSLL
		header := binary.BigEndian.AppendUint16([]byte{0, byte(rapid.IntRange(0, 4).Draw(t, "packet type")), 0, 1, 0, 6, 2, 0, 0x5e, 0, 0, 2, 0, 0}, uint16(etherType))
		link = append(link, gopacket.Payload(header))
	case "raw":
		g.link, g.first = rapid.SampledFrom([]capture.LinkType{12, 14, 101}).Draw(t, "raw"), layers.LinkTypeRaw
	case "bare":
		g.link, g.first = capture.LinkIPv4, layers.LayerTypeIPv4
		if ipv6 {
			g.link, g.first = capture.LinkIPv6, layers.LayerTypeIPv6
		}
	case "null":
		g.link, g.first = capture.LinkNull, layers.LinkTypeNull
		link = append(link, &layers.Loopback{Family: family})
	case "loop":
		g.link, g.first = capture.LinkLoop, layers.LinkTypeLoop
		link = append(link, gopacket.Payload(binary.BigEndian.AppendUint32(nil, uint32(family))))
	case "ppp":
		g.link, g.first = capture.LinkPPP, layers.LinkTypePPP
		framed := rapid.Bool().Draw(t, "framed")
		if framed && rapid.Bool().Draw(t, "serial") {
			g.link = capture.LinkPPPHDLC
		}
		if rapid.Bool().Draw(t, "compressed") {
			pppType |= 0x100 // gopacket's mark for a protocol of one byte
		}
		link = append(link, &layers.PPP{PPPType: pppType, HasPPTPHeader: framed})
	}

	b := gopacket.NewSerializeBuffer()
	all := append(link, network...)
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true}, all...); err != nil {
		t.Fatalf("building: %v", err)
	}
	g.frame = append(b.Bytes(), padding...)
	return g
}

// generatedTags are VLAN tags, and what was etherType before them is then that
// of the first.
func generatedTags(t *rapid.T, etherType *layers.EthernetType) (tags []gopacket.SerializableLayer) {
	for range rapid.IntRange(0, 4).Draw(t, "tags") {
		tag := &layers.Dot1Q{VLANIdentifier: rapid.Uint16Range(0, 4095).Draw(t, "vlan"), Type: *etherType}
		tags = append([]gopacket.SerializableLayer{tag}, tags...)
		*etherType = rapid.SampledFrom([]layers.EthernetType{layers.EthernetTypeDot1Q, layers.EthernetTypeQinQ}).Draw(t, "tag type")
	}
	return tags
}

func generatedNetwork(t *rapid.T, ipv6 bool) []gopacket.SerializableLayer {
	transport := []gopacket.SerializableLayer{generatedTCP(t), gopacket.Payload(rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "payload"))}
	address := func(n int, name string) net.IP { return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name) }
	if !ipv6 {
		ip := &layers.IPv4{
			Version: 4, Protocol: layers.IPProtocolTCP,
			SrcIP: address(4, "source"), DstIP: address(4, "destination"),
			TTL: rapid.Byte().Draw(t, "ttl"), TOS: rapid.Byte().Draw(t, "tos"), Id: rapid.Uint16().Draw(t, "id"),
		}
		if rapid.Bool().Draw(t, "df") {
			ip.Flags = layers.IPv4DontFragment
		}
		for range rapid.IntRange(0, 3).Draw(t, "ip options") {
			data := rapid.SliceOfN(rapid.Byte(), 1, 8).Draw(t, "ip option")
			ip.Options = append(ip.Options, layers.IPv4Option{OptionType: 0x94, OptionLength: uint8(2 + len(data)), OptionData: data})
		}
		return append([]gopacket.SerializableLayer{ip}, transport...)
	}
	ip := &layers.IPv6{
		Version: 6, NextHeader: layers.IPProtocolTCP,
		SrcIP: address(16, "source"), DstIP: address(16, "destination"),
		HopLimit: rapid.Byte().Draw(t, "ttl"), TrafficClass: rapid.Byte().Draw(t, "tos"), FlowLabel: rapid.Uint32Range(0, 1<<20-1).Draw(t, "flow"),
	}
	chain := []gopacket.SerializableLayer{ip}
	if rapid.Bool().Draw(t, "destination options") {
		ip.NextHeader = layers.IPProtocolIPv6Destination
		size := 4 + 8*rapid.IntRange(0, 3).Draw(t, "destination options size") // fills the header to a multiple of 8
		options := &layers.IPv6Destination{Options: []*layers.IPv6DestinationOption{{OptionType: 0x1e, OptionData: rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "option")}}}
		options.NextHeader = layers.IPProtocolTCP
		chain = append(chain, options)
	}
	return append(chain, transport...)
}

func generatedTCP(t *rapid.T) *layers.TCP {
	flags := rapid.Byte().Draw(t, "flags")
	tcp := &layers.TCP{
		SrcPort: layers.TCPPort(rapid.Uint16().Draw(t, "source port")), DstPort: layers.TCPPort(rapid.Uint16().Draw(t, "destination port")),
		Seq: rapid.Uint32().Draw(t, "seq"), Ack: rapid.Uint32().Draw(t, "ack"), Window: rapid.Uint16().Draw(t, "window"),
		FIN: flags&1 != 0, SYN: flags&2 != 0, RST: flags&4 != 0, PSH: flags&8 != 0,
		ACK: flags&16 != 0, URG: flags&32 != 0, ECE: flags&64 != 0, CWR: flags&128 != 0,
	}
	if rapid.Bool().Draw(t, "only timestamps") {
		nop := layers.TCPOption{OptionType: layers.TCPOptionKindNop, OptionLength: 1}
		tcp.Options = []layers.TCPOption{nop, nop, generatedOption(t, layers.TCPOptionKindTimestamps)}
		return tcp
	}
	size := 0
	for range rapid.IntRange(0, 6).Draw(t, "options") {
		kind := rapid.SampledFrom([]layers.TCPOptionKind{1, 2, 3, 4, 5, 8, 19, 30, 34}).Draw(t, "kind")
		option := generatedOption(t, kind)
		if size+int(option.OptionLength) > 40 {
			break
		}
		size += int(option.OptionLength)
		tcp.Options = append(tcp.Options, option)
	}
	return tcp
}

func generatedOption(t *rapid.T, kind layers.TCPOptionKind) layers.TCPOption {
	size := 0
	switch kind {
	case layers.TCPOptionKindNop:
		return layers.TCPOption{OptionType: kind, OptionLength: 1}
	case layers.TCPOptionKindMSS:
		size = 2
	case layers.TCPOptionKindWindowScale:
		size = 1
	case layers.TCPOptionKindSACK:
		size = 8 * rapid.IntRange(1, 4).Draw(t, "blocks")
	case layers.TCPOptionKindTimestamps:
		size = 8
	case 19, 30, 34:
		size = rapid.IntRange(0, 18).Draw(t, "size")
	}
	return layers.TCPOption{OptionType: kind, OptionLength: uint8(2 + size), OptionData: rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "value")}
}
