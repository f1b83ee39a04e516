//go:build cgo || windows

package main

import (
	"io"
	"testing"
	"time"
)

func TestARecordingIsHeldByWhatComes(t *testing.T) {
	for name, end := range map[string]func(w *io.PipeWriter){
		"it ends":       func(w *io.PipeWriter) { w.Close() },
		"nothing comes": func(*io.PipeWriter) {},
	} {
		t.Run(name, func(t *testing.T) {
			r, w := io.Pipe()
			defer w.Close()
			stopped := make(chan struct{})
			limit := time.Hour
			if name == "nothing comes" {
				limit = time.Second
			}
			go tether(r, limit, func() { close(stopped) }, func() {})
			for range 3 {
				w.Write([]byte("\n"))
			}
			select {
			case <-stopped:
				t.Fatal("it stopped too early")
			default:
			}
			end(w)
			<-stopped
		})
	}
}
