package file

import (
	"context"
	"errors"
	"io"
	"testing"

	"bothends/capture"
)

// An interrupted program closes its inputs while a pass over them is still under way:
// that pass ends with an error, and takes nothing down with it.
func TestAPassOverASetThatWasClosedEndsWithAnError(t *testing.T) {
	const large = "../../fixtures/pairs/starttls-2012/client.pcapng"
	for _, before := range []int{0, 1, 3} { // packets read before
		set, err := Open(context.Background(), []string{large})
		if err != nil {
			t.Fatal(err)
		}
		r := set.Reader()
		var p capture.Packet
		for range before {
			if err := r.Next(&p); err != nil {
				t.Fatal(err)
			}
		}
		if err := set.Close(); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			err = r.Next(&p)
		}
		if before == 0 && (err == nil || errors.Is(err, io.EOF)) {
			t.Errorf("a pass that had not begun: %v", err)
		}
	}
}

// What an interrupt left behind may ask for the files' names while they are closed.
func TestTheFilesOfASetStayKnownWhileItIsClosed(t *testing.T) {
	paths := []string{"../../fixtures/pairs/starttls-2012/client.pcapng", "../../fixtures/pairs/starttls-2012/server.pcapng"}
	set, err := Open(context.Background(), paths)
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan int)
	go func() {
		for known := len(set.Files()); ; known = min(known, len(set.Files())) {
			select {
			case asked <- known:
				return
			default:
			}
		}
	}()
	if err := set.Close(); err != nil {
		t.Fatal(err)
	}
	if known := min(<-asked, len(set.Files())); known != len(paths) {
		t.Errorf("%d of %d files are known while the set is closed", known, len(paths))
	}
}
