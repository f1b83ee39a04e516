package align

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func TestAConnectionThatWasUsedBeforeForgetsWhatItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var pool Pool
		for range rapid.IntRange(2, 5).Draw(t, "connections") {
			x := drawTransfer(t)
			for i := range x.events {
				x.events[i].hidden = rapid.IntRange(0, 9).Draw(t, "hidden") == 0
				x.events[i].forged = rapid.IntRange(0, 9).Draw(t, "forged") == 0
			}
			fresh, used := x.observe(0, roughErr), x.observeFrom(&pool, 0, roughErr)
			if !reflect.DeepEqual(fresh, used) {
				t.Fatalf("a used connection makes of one transfer\n%+v, a new one\n%+v", used, fresh)
			}
		}
		if len(pool.connections) != 1 || len(pool.lives) != 2 {
			t.Fatalf("%d connections and %d lives are in the pool, not those of one", len(pool.connections), len(pool.lives))
		}
	})
}
