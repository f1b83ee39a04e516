package remote

import (
	"strconv"
	"strings"
)

// What runs at the far end is this script, which knows nothing but its parameters: no
// text of a user's is ever a part of it.
//
// It says what is there, does what it is told in lines, and becomes a recorder whose
// standard output is the recording. Its standard input is the line that holds the
// recorder: when it ends, or brings nothing for too long, so does the recorder.

// greeting begins the line by which the far end says what is there: the system, the
// machine, whether there is a bothcap that can be used, and whether there is tcpdump.
const greeting = "bothcap-end/1"

// The parameters: 1 the word sudo or nothing; 2 the script that holds tcpdump;
// 3 an interface or nothing; 4 the snapshot length; 5 a filter for tcpdump;
// then the arguments of bothcap.
const script = `
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
sudo=$1 hold=$2 interface=$3 snaplen=$4 filter=$5
shift 5
dir=
trap "" HUP PIPE
[ -n "$SSH_CONNECTION" ] && set -- "$@" --leave-out "$SSH_CONNECTION"
privileged() {
	if [ -n "$sudo" ]; then sudo -n -- "$@"; else "$@"; fi
}
finish() {
	[ -n "$dir" ] && rm -rf "$dir"
	exit "$1"
}
able() {
	[ -n "$1" ] && "$1" --lifeline 1s --version </dev/null >/dev/null 2>&1
}
place() {
	for folder in "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
		dir=$(mktemp -d "$folder/bothcap.XXXXXX" 2>/dev/null) || continue
		printf "#!/bin/sh\n" >"$dir/try" && chmod 700 "$dir/try" && "$dir/try" 2>/dev/null && return 0
		rm -rf "$dir"
	done
	dir=
	return 1
}
own=$(command -v bothcap)
able "$own" || own=
tcpdump=$(command -v tcpdump)
echo "` + greeting + ` $(uname -s) $(uname -m) ${own:+bothcap} ${tcpdump:+tcpdump}"
while read -r what size; do
	case $what in
	copy)
		place || { echo "no folder to run a program in" >&2; finish 1; }
		head -c "$size" >"$dir/bothcap" && chmod 700 "$dir/bothcap" || finish 1
		own=$dir/bothcap
		if able "$own"; then echo able; else "$own" --version >&2; echo unable; fi
		;;
	bothcap)
		privileged "$own" "$@"
		finish $?
		;;
	tcpdump)
		set -- $SSH_CONNECTION
		if [ -z "$interface" ] && [ -n "$1" ]; then
			interface=$(ip -o route get "$1" 2>/dev/null | sed -n "s/.* dev \([^ ]*\).*/\1/p")
		fi
		[ -n "$interface" ] || interface=any
		[ $# -eq 4 ] && filter="not (tcp port $2 and tcp port $4) and ($filter)"
		echo "$interface $filter"
		privileged sh -c "$hold" hold "$tcpdump" -i "$interface" -s "$snaplen" -B 32768 --time-stamp-precision=nano --immediate-mode -n -U -w - "$filter"
		finish $?
		;;
	esac
done
finish 0
`

// holding runs a command until standard input ends, or brings no line for half a minute.
const holding = `
exec 3<&0
"$@" 3<&- </dev/null & recorder=$!
if command -v timeout >/dev/null; then wait_for="timeout 30"; else wait_for=; fi
( while $wait_for sh -c "read -r beat"; do :; done <&3; kill "$recorder" ) >/dev/null 2>&1 & holder=$!
exec 3<&-
wait "$recorder"
status=$?
kill "$holder" 2>/dev/null
exit "$status"
`

// command is what to hand to the shell at the far end.
func command(sudo, network string, snapLen int, filter string, arguments []string) (string, error) {
	words := []string{"exec", "sh", "-c", quoted(script), "bothcap", quoted(sudo), quoted(holding)}
	for _, p := range append([]string{network, strconv.Itoa(snapLen), filter}, arguments...) {
		word, err := quote(p)
		if err != nil {
			return "", err
		}
		words = append(words, word)
	}
	return strings.Join(words, " "), nil
}
