package contrast

import (
	"cmp"
	"slices"
	"strconv"
)

// A Kind is what sort of thing a factor is. Where two divide the connections
// alike, the one that comes first here gives its name.
type Kind string

const (
	Declared Kind = "declared" // by whoever planned the sessions
	Message  Kind = "message"  // the client said it, or not
	Content  Kind = "content"  // what it said, with what
	Port     Kind = "port"
	Address  Kind = "address"
	Hour     Kind = "hour"
)

var kinds = []Kind{Declared, Message, Content, Port, Address, Hour}

// Names of the factors that every report holds.
const (
	namePort          = "port"
	nameServer        = "server address"
	nameClient        = "client address"
	nameClientOutside = "client address as the server sees it"
	nameHour          = "hour (UTC)"
	nameTLS           = "TLS"
	nameServerName    = "server name (SNI)"
)

// Values of a factor that is something said, or not.
const (
	yes = "yes"
	no  = "no"
)

// askForTLS are the messages with which a client asks for TLS.
var askForTLS = []string{"STARTTLS", "STLS", "AUTH TLS", "AUTH SSL", "TLS ClientHello"}

func (s *session) set(name string, kind Kind, value string) {
	if value != "" {
		s.values[name], s.kinds[name] = value, kind
	}
}

// circumstances are the factors that every connection has.
func (c *connection) circumstances(s *session) {
	server := cmp.Or(c.ClientView.Server, c.ServerView.Server)
	s.set(namePort, Port, port(server))
	s.set(nameServer, Address, host(server))
	s.set(nameClient, Address, host(c.ClientView.Client))
	s.set(nameClientOutside, Address, host(c.ServerView.Client))
	if !s.begun.IsZero() {
		s.set(nameHour, Hour, strconv.Itoa(s.begun.Hour()))
	}
	s.between = host(cmp.Or(c.ClientView.Client, c.ServerView.Client)) + " " + host(server)
}

// declare adds the factors of a campaign's manifest. A port that is declared and
// seen is that port, and no factor of its own.
func (s *session) declare(factors map[string]string) {
	for name, value := range factors {
		if s.values[name] != value {
			s.set(name, Declared, value)
		}
	}
}

// listen adds what the client said.
func (s *session) listen(m *said) {
	s.said = map[string]bool{}
	asked := no
	for _, name := range m.Messages {
		s.said[name] = true
		if slices.Contains(askForTLS, name) {
			asked = yes
		}
	}
	s.set(nameTLS, Message, asked)
	s.set(nameServerName, Content, m.ServerName)
}

// A question is a factor while it is being weighed.
type question struct {
	name    string
	kind    Kind
	sameAs  []alias
	unknown int
	levels  []level
	value   func(*session) string // empty if not known
	of      []int                 // by session: index into levels, or -1

	weighing
}

// An alias is a factor that divides the sessions as another one does.
type alias struct {
	name string
	// said is the level of the other that those have in which the message was said,
	// or -1 for what is no message: to say DATA is the opposite of to say STARTTLS,
	// where nobody says both.
	said int
}

// A level is a value that a factor takes, and what became of those that have it.
type level struct {
	value          string
	cut, completed int
	p              *float64 // against all others, where that was asked
}

// ask finds all that the sessions may differ in.
func ask(sessions []*session) []*question {
	names := map[string]Kind{}
	messages := map[string]bool{}
	for _, s := range sessions {
		for name, kind := range s.kinds {
			if before, found := names[name]; !found || kind.before(before) {
				names[name] = kind
			}
		}
		for name := range s.said {
			messages[name] = true
		}
	}
	var all []*question
	for name, kind := range names {
		all = append(all, newQuestion(name, kind, sessions, func(s *session) string { return s.values[name] }))
	}
	for name := range messages {
		if _, taken := names[name]; taken {
			continue // declared under the same name
		}
		all = append(all, newQuestion(name, Message, sessions, func(s *session) string {
			switch {
			case s.said == nil:
				return ""
			case s.said[name]:
				return yes
			}
			return no
		}))
	}
	slices.SortFunc(all, func(a, b *question) int {
		return cmp.Or(cmp.Compare(a.kind.rank(), b.kind.rank()), cmp.Compare(a.name, b.name))
	})
	return all
}

func (k Kind) rank() int          { return slices.Index(kinds, k) }
func (k Kind) before(l Kind) bool { return k.rank() < l.rank() }

// content reports whether the factor is of what is sent, so that ports may have
// to be held fixed.
func (k Kind) content() bool { return k == Declared || k == Message || k == Content }

func newQuestion(name string, kind Kind, sessions []*session, value func(*session) string) *question {
	q := &question{name: name, kind: kind, value: value, of: make([]int, len(sessions))}
	at := map[string]int{}
	var values []string
	for _, s := range sessions {
		if v := value(s); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.SortFunc(values, inOrder)
	for i, v := range values {
		at[v] = i
		q.levels = append(q.levels, level{value: v})
	}
	for i, s := range sessions {
		v := value(s)
		if v == "" {
			q.of[i] = -1
			q.unknown++
			continue
		}
		q.of[i] = at[v]
		if s.outcome.hit() {
			q.levels[at[v]].cut++
		} else {
			q.levels[at[v]].completed++
		}
	}
	return q
}

// inOrder sorts numbers as numbers, and yes before no.
func inOrder(a, b string) int {
	one, errOne := strconv.Atoi(a)
	two, errTwo := strconv.Atoi(b)
	switch {
	case errOne == nil && errTwo == nil:
		return cmp.Compare(one, two)
	case a == yes && b == no:
		return -1
	case a == no && b == yes:
		return 1
	}
	return cmp.Compare(a, b)
}

// merge leaves one question of those that divide the sessions alike: asked twice,
// it would cost twice.
func merge(questions []*question) []*question {
	var apart []*question
next:
	for _, q := range questions {
		for _, before := range apart {
			if to, alike := divideAlike(before, q); alike {
				also := alias{q.name, -1}
				if q.kind == Message {
					also.said = slices.IndexFunc(to, func(level int) bool { return q.levels[level].value == yes })
				}
				before.sameAs = append(before.sameAs, also)
				continue next
			}
		}
		apart = append(apart, q)
	}
	return apart
}

// divideAlike reports whether two questions divide the sessions alike, and which
// level of the second each of the first is.
func divideAlike(a, b *question) (to []int, alike bool) {
	if len(a.levels) != len(b.levels) {
		return nil, false
	}
	to = make([]int, len(a.levels))
	for i := range to {
		to[i] = -1
	}
	for i, one := range a.of {
		two := b.of[i]
		switch {
		case one < 0 && two < 0:
		case one < 0 || two < 0:
			return nil, false
		case to[one] < 0:
			to[one] = two
		case to[one] != two:
			return nil, false
		}
	}
	// As many values on either side, and a function of one to the other; it must
	// not send two to one.
	used := make([]bool, len(b.levels))
	for _, two := range to {
		if used[two] {
			return nil, false
		}
		used[two] = true
	}
	return to, true
}

// alsoKnownAs are the factors that the telling level may stand for just as well.
func (q *question) alsoKnownAs() (names []string) {
	for _, also := range q.sameAs {
		if also.said < 0 || (also.said == q.telling) != q.spares() {
			names = append(names, also.name)
		}
	}
	return names
}
