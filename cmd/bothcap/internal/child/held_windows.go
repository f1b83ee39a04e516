package child

import (
	"errors"

	"bothends/cmd/bothcap/internal/privilege"
)

func hold(arguments []string, _ *privilege.User) (*Held, error) {
	return nil, &Error{Command: arguments[0], Err: errors.New("a command cannot be held on this system")}
}
