// Package privilege gives up what a recorder needs only to open its handle.
package privilege

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// A User is whom to become.
type User struct {
	Name   string
	UID    int
	GID    int
	Groups []int // supplementary ones
	Home   string
}

// nobody is the account that every system has for programs that own nothing.
const nobody = "nobody"

// Choose is the user to drop to: the named one, else who called sudo, else
// nobody.
func Choose(name string) (User, error) {
	if name != "" {
		return named(name)
	}
	caller, ok, err := Caller()
	if err != nil || ok && caller.UID != 0 {
		return caller, err
	}
	return named(nobody)
}

// Caller is who called sudo (sudo(8), SUDO_UID). It is false if nobody did.
func Caller() (User, bool, error) {
	id := os.Getenv("SUDO_UID")
	if id == "" || os.Geteuid() != 0 {
		return User{}, false, nil
	}
	found, err := user.LookupId(id)
	if err == nil {
		u, err := convert(found)
		return u, err == nil, err
	}
	// An account need not be listed anywhere to have called sudo.
	uid, err := strconv.Atoi(id)
	if err != nil {
		return User{}, false, fmt.Errorf("SUDO_UID=%q is no user id", id)
	}
	gid, err := strconv.Atoi(os.Getenv("SUDO_GID"))
	if err != nil {
		return User{}, false, fmt.Errorf("SUDO_GID=%q is no group id", os.Getenv("SUDO_GID"))
	}
	return User{Name: cmp.Or(os.Getenv("SUDO_USER"), id), UID: uid, GID: gid}, true, nil
}

// ErrRoot says that there is nothing to drop to.
var ErrRoot = errors.New("is root, who has every privilege")

func named(name string) (User, error) {
	found, err := user.Lookup(name)
	if err != nil {
		if found, err = user.LookupId(name); err != nil {
			return User{}, fmt.Errorf("no such user: %q", name)
		}
	}
	u, err := convert(found)
	if err == nil && u.UID == 0 {
		err = fmt.Errorf("user %q %w", name, ErrRoot)
	}
	return u, err
}

func convert(found *user.User) (User, error) {
	u := User{Name: found.Username, Home: found.HomeDir}
	var err error
	if u.UID, err = strconv.Atoi(found.Uid); err != nil {
		return u, fmt.Errorf("user %q has the id %q", found.Username, found.Uid)
	}
	if u.GID, err = strconv.Atoi(found.Gid); err != nil {
		return u, fmt.Errorf("user %q has the group id %q", found.Username, found.Gid)
	}
	groups, err := found.GroupIds()
	if err != nil {
		return u, fmt.Errorf("groups of user %q: %w", found.Username, err)
	}
	for _, g := range groups {
		if id, err := strconv.Atoi(g); err == nil {
			u.Groups = append(u.Groups, id)
		}
	}
	return u, nil
}
