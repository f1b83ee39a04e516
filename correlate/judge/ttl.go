package judge

// Hops is how many routers a packet with this TTL has passed, inferred from the initial
// TTLs in use.
func Hops(ttl uint8) int { return hopsTravelled(ttl) }

// usualTTL is the least initial TTL in use that is not below ttl: 64, 128 or 255.
func usualTTL(ttl int) int {
	for _, usual := range []int{64, 128} {
		if ttl <= usual {
			return usual
		}
	}
	return 255
}

// hopsTravelled infers the number of routers passed from the initial TTLs in use.
func hopsTravelled(ttl uint8) int {
	for _, initial := range []int{32, 64, 128, 255} {
		if int(ttl) <= initial {
			return initial - int(ttl)
		}
	}
	return 0
}
