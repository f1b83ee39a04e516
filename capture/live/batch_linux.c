//go:build cgo

#include <string.h>

#include "_cgo_export.h"

// hand_on empties the batch. It returns 0 if Go has enough.
static int hand_on(struct batch *b) {
	int more = b->count == 0 || takeBatch(b->reader);
	b->count = b->used = 0;
	return more;
}

// take is called for each packet. libpcap gives a block of the ring back to the
// kernel after the last packet in it, which may be this one: when take returns,
// nothing in the ring is sure to stay.
static void take(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes) {
	struct batch *b = (struct batch *)user;
	int in_ring = h->caplen > largest_copy;
	if (!in_ring) {
		bytes = memcpy(b->copies + b->used, bytes, h->caplen);
		b->used += h->caplen;
	}
	b->records[b->count++] = (struct record){h->ts.tv_sec, h->ts.tv_usec, h->caplen, h->len, bytes};
	if (in_ring || b->count == batch_packets || b->used > batch_bytes - largest_copy) {
		if (!hand_on(b))
			pcap_breakloop(b->handle);
	}
}

int read_batches(struct batch *b) {
	int n = pcap_dispatch(b->handle, -1, take, (u_char *)b);
	hand_on(b);
	return n == PCAP_ERROR ? -1 : 0;
}
