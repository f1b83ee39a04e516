//go:build unix

package child

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// firstOwn is the first descriptor behind the standard streams.
const firstOwn = 3

// keepEach marks each descriptor that is listed in a directory.
func keepEach(directory string) error {
	list, err := os.ReadDir(directory)
	if err != nil {
		return fmt.Errorf("listing what is open: %w", err)
	}
	for _, entry := range list {
		if n, err := strconv.Atoi(entry.Name()); err == nil && n >= firstOwn {
			unix.CloseOnExec(n) // one that was closed meanwhile does not mind
		}
	}
	return nil
}
