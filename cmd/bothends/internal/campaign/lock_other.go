//go:build !unix

package campaign

import "os"

// lock does nothing where files cannot be locked like that.
func lock(*os.File) error { return nil }
