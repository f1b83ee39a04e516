package host

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"bothends/capture/testimony"
)

// rulesLimit bounds how long a packet filter may take to list its rules.
const rulesLimit = 3 * time.Second

// A lister prints the rules of a packet filter. A rule that answers with a TCP reset has
// the words of reset, and one that gives a connection another destination one of those of
// translate.
type lister struct {
	program   string
	arguments []string
	reset     string
	translate []string
	tables    string // which it lists, if it does not stand for the newer packet filter
}

// Where the kernel says of which tables the older packet filter consists.
const (
	tables4 = "/proc/net/ip_tables_names"
	tables6 = "/proc/net/ip6_tables_names"
)

// hasTables reports whether the kernel tells of any in a file of /proc, or does not let
// this process see.
func hasTables(name string) bool {
	data, err := os.ReadFile(name)
	return err != nil && !os.IsNotExist(err) || len(data) > 0
}

var listers = []lister{
	{"nft", []string{"-s", "-n", "list", "ruleset"}, "reject with tcp reset", translatesNFT, ""},
	{"iptables-save", nil, rejectsOld, translatesOld, tables4},
	{"ip6tables-save", nil, rejectsOld, translatesOld, tables6},
	// Where iptables stands for the newer packet filter, rules of the older may be
	// there all the same.
	{"iptables-legacy-save", nil, rejectsOld, translatesOld, tables4},
	{"ip6tables-legacy-save", nil, rejectsOld, translatesOld, tables6},
}

const rejectsOld = "--reject-with tcp-reset"

// What nft(8) and iptables-extensions(8) call a translated destination. What nft cannot
// show of a rule that iptables made it names as "xt target".
var (
	translatesNFT = []string{" dnat ", " redirect", " tproxy ", "xt target"}
	translatesOld = []string{"-j DNAT", "-j REDIRECT", "-j TPROXY", "-j NETMAP"}
)

// rules are what the packet filters' rules amount to, not what they match: how many
// answer with a reset, and how many give a connection another destination. Nil is not
// known: whatever packet filter has rules must be asked, by nft, or, if it has no tables
// of its own, by iptables for both families.
type rules struct {
	reset, translate *int
	from             []string // which programs listed them
}

// into puts them among the facts about a host.
func (r rules) into(f *testimony.HostFacts) {
	f.ResetRules, f.NATRules, f.RulesFrom = r.reset, r.translate, r.from
}

func readRules() rules {
	var reset, translate int
	var from []string
	newer := false             // whether iptables stands for the newer packet filter
	older := map[string]bool{} // tables of the older one that were listed
	for _, l := range listers {
		path := programPath(l.program)
		if path == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), rulesLimit)
		cmd := exec.CommandContext(ctx, path, l.arguments...)
		cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
		out, err := cmd.Output()
		cancel()
		if err != nil {
			continue
		}
		// Of a table that nft made iptables says only that it cannot show it.
		if strings.Contains(string(out), "is incompatible, use 'nft' tool") {
			continue
		}
		stands := standsForNFT(string(out))
		newer = newer || stands
		older[l.tables] = older[l.tables] || !stands
		// nft has listed the same rules.
		if !stands || !slices.Contains(from, "nft") {
			reset += strings.Count(string(out), l.reset)
			for _, words := range l.translate {
				translate += strings.Count(string(out), words)
			}
		}
		from = append(from, l.program)
	}
	iptables := slices.Contains(from, "iptables-save") && slices.Contains(from, "ip6tables-save")
	listed := slices.Contains(from, "nft") || iptables && !nftTables(newer)
	for _, tables := range []string{tables4, tables6} {
		listed = listed && (older[tables] || !hasTables(tables))
	}
	if !listed {
		return rules{from: from}
	}
	return rules{&reset, &translate, from}
}

// standsForNFT reports whether a list of iptables-save is one of the newer packet
// filter: it says so in its first line.
func standsForNFT(list string) bool {
	head, _, _ := strings.Cut(list, "\n")
	return strings.Contains(head, "(nf_tables)")
}

// iptablesNames are the tables that iptables makes in the newer packet filter, and
// shows.
var iptablesNames = []string{"filter", "nat", "mangle", "raw", "security"}

// nftTables reports whether the newer packet filter has tables that only nft can
// list (linux/netfilter/nf_tables.h), but for those of iptables. A kernel without it
// has none.
func nftTables(butIptables bool) bool {
	const getTable = 10<<8 | 1 // NFNL_SUBSYS_NFTABLES, NFT_MSG_GETTABLE
	const genericSize = 4      // struct nfgenmsg, which begins with the family
	const tableName = 1        // NFTA_TABLE_NAME
	tables, err := ask(unix.NETLINK_NETFILTER, getTable, make([]byte, genericSize))
	if err != nil {
		return !slices.Contains([]error{unix.EINVAL, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT}, err)
	}
	for _, m := range tables {
		if len(m) < unix.SizeofNlMsghdr+genericSize {
			return true
		}
		family := m[unix.SizeofNlMsghdr]
		name := unix.ByteSliceToString(nested(m[unix.SizeofNlMsghdr+genericSize:])[tableName])
		if !butIptables || family != unix.AF_INET && family != unix.AF_INET6 || !slices.Contains(iptablesNames, name) {
			return true
		}
	}
	return false
}

// programPath finds a program where the system keeps its own, and nowhere that the
// caller's PATH leads to.
func programPath(name string) string {
	for _, folder := range []string{"/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"} {
		path := filepath.Join(folder, name)
		if about, err := os.Stat(path); err == nil && about.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
