package align

import (
	"testing"

	"bothends/correlate/tap"
)

func TestASampleOfTripsIsBoundedAndSpreadOverAll(t *testing.T) {
	var trips Trips
	const n = 100_000
	for i := range int64(n) {
		trips.add(tap.Client, i, i+7)
	}
	list := trips.By[tap.Client]
	if len(list) > maxTrips || len(list) < maxTrips/2 || len(trips.By[tap.Server]) != 0 {
		t.Fatalf("%d trips of the client and %d of the server, want %d to %d and none", len(list), len(trips.By[tap.Server]), maxTrips/2, maxTrips)
	}
	step := list[1].SentNS - list[0].SentNS
	for i, trip := range list {
		if trip.SentNS != int64(i)*step || trip.GotNS != trip.SentNS+7 {
			t.Fatalf("trip %d is %+v, want every %d-th", i, trip, step)
		}
	}
	if last := list[len(list)-1].SentNS; last < n-2*step {
		t.Errorf("the last one is number %d of %d", last, n)
	}
}
