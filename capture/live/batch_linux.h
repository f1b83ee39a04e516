// What batch_linux.c and batch_linux.go know of each other.

#include <pcap.h>
#include <stdint.h>

enum {
	// batch_packets is how many packets are handed on at once. A call from C to Go
	// takes about as long as one of them does, 100 ns.
	batch_packets = 256,

	// Packets of more than largest_copy bytes are handed on where they lie in the
	// kernel's ring: to copy them takes longer than a call. Those of an Ethernet
	// wire are smaller; larger ones are put together by offloads.
	largest_copy = 4096,

	// batch_bytes is room for copies: little enough to stay in the processor's
	// cache.
	batch_bytes = 128 << 10,
};

struct record {
	int64_t seconds, fraction;
	uint32_t captured, original; // lengths
	const u_char *bytes;         // the captured ones
};

struct batch {
	pcap_t *handle;
	uintptr_t reader; // Go's, to whom the packets go
	uint32_t count;   // of records
	uint32_t used;    // of copies
	struct record records[batch_packets];
	u_char copies[batch_bytes];
};

// read_batches hands on what is there, in the order of arrival, until Go has
// enough. It does not wait. It returns -1 for an error of libpcap, before which
// packets may have come.
int read_batches(struct batch *b);
