package privilege

// Root is never said: Windows has no user to drop to by number.
func Root() bool { return false }

// Drop does nothing.
func Drop(User) error { return nil }

// As runs f: there is no user that called sudo.
func As(_ User, f func() error) error { return f() }

// ForbidGaining has nothing to do: no_new_privs is Linux's.
func ForbidGaining() error { return nil }
