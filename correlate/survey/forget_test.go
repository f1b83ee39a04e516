package survey

import "testing"

func TestFlowsThatDifferOnlyInTheirNumbersAreSharedOnceTheseAreForgotten(t *testing.T) {
	asked := Flow{Base: 7, Begun: true, FromSYN: true, TTL: 64, Hi: 1, Segments: 1, Print: 9, ISN: 7, KnowISN: true, TSVal: 5, HasTSVal: true}
	other := asked
	other.Base, other.ISN, other.Print, other.TSVal = 8, 8, 10, 6
	twice, said, holed := asked, asked, asked
	twice.Segments = 2
	said.Head, said.HeadLen = &[HeadBytes]byte{22, 3}, 2
	holed.Cover.Add(0, 1)
	holed.Cover.Add(5, 6)
	refused := Flow{Resets: 1, ResetSeq: 3}
	sv := new(Survey)
	for _, f := range []Flow{asked, other, twice, said, holed} {
		sv.Connections = append(sv.Connections, &Connection{Flows: &[2]Flow{f, refused}})
	}
	sv.Connections = append(sv.Connections, new(Connection)) // let go
	sv.ForgetNumbers()
	first := sv.Connections[0].Flows
	for i, shares := range []bool{true, true, false, false, false} {
		if got := sv.Connections[i].Flows; (got == first) != shares {
			t.Errorf("connection %d has the flows of the first: %v, want %v", i, got == first, shares)
		}
	}
	forgotten := Flow{Begun: true, FromSYN: true, TTL: 64, Hi: 1, Segments: 1}
	if first[Initiator] != forgotten || first[Responder] != (Flow{Resets: 1}) {
		t.Errorf("of the first is left %+v", *first)
	}
	if f := &sv.Connections[2].Flows[Initiator]; f.Segments != 2 {
		t.Errorf("the second SYN is forgotten: %+v", f)
	}
	if f := &sv.Connections[3].Flows[Initiator]; f.HeadLen != 2 || f.Head[0] != 22 {
		t.Errorf("what it said is forgotten: %+v", f)
	}
	if f := &sv.Connections[4].Flows[Initiator]; f.Cover.Missing(6) != 4 {
		t.Errorf("the hole is forgotten: %+v", f)
	}
	if sv.Connections[5].Flows != nil {
		t.Error("what was let go is back")
	}
}
