package store

import "golang.org/x/sys/unix"

// WritePieces writes what lies apart by one call of the system (writev(2)).
func (f *Files) WritePieces(pieces [][]byte) (int, error) {
	n, err := unix.Writev(int(f.current.file.Fd()), pieces)
	if err != nil {
		n = 0 // not -1; the same again will succeed, or say why
	}
	f.wrote(n)
	skip := n
	for _, piece := range pieces {
		rest := piece[min(skip, len(piece)):]
		skip -= len(piece) - len(rest)
		if len(rest) == 0 {
			continue
		}
		written, err := f.Write(rest)
		if n += written; err != nil {
			return n, err
		}
	}
	return n, nil
}
