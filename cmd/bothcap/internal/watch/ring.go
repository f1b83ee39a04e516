package watch

import (
	"os"
	"slices"

	"bothends/capture"
	"bothends/capture/pcapng"
)

// Trim removes the oldest files of a ring until they take no more than so many bytes.
// The newest is being written.
func Trim(ring string, most int64) error {
	recordings, used, err := folder(ring)
	if err != nil {
		return err
	}
	for n, path := range recordings {
		if used <= most || n == len(recordings)-1 {
			break
		}
		about, err := os.Stat(path)
		if err == nil {
			err = os.Remove(path)
		}
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		used -= about.Size()
	}
	return nil
}

// Replay tells of every packet in a ring, with the name of its interface, but for those
// in some of its files.
func Replay(ring string, but []string, see func(name string, p *capture.Packet)) error {
	recordings, _, err := folder(ring)
	if err != nil {
		return err
	}
	for _, path := range recordings {
		if slices.Contains(but, path) {
			continue
		}
		err := read(path, func(r *pcapng.Reader) (func(*capture.Packet), func(int, string)) {
			return func(p *capture.Packet) { see(r.Interfaces()[p.Interface].Name, p) }, func(int, string) {}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
