package align

import "testing"

func TestASampleOfTripsIsBoundedAndSpreadOverAll(t *testing.T) {
	var trips Trips
	const n = 100_000
	for i := range int64(n) {
		trips.add(Client, i, i+7)
	}
	list := trips.By[Client]
	if len(list) > maxTrips || len(list) < maxTrips/2 || len(trips.By[Server]) != 0 {
		t.Fatalf("%d trips of the client and %d of the server, want %d to %d and none", len(list), len(trips.By[Server]), maxTrips/2, maxTrips)
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
