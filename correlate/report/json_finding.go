package report

import (
	"slices"
	"strings"
)

// A treeEncoder writes values over many lines, as they are nested, without reflection. A
// test holds it equal to encoding/json, whatever field a finding gets.
type treeEncoder struct {
	*lineEncoder
	depth int
	begun bool     // the innermost object or array has an element
	names []string // in values
}

// finding appends one, as contract has it.
func (e *treeEncoder) finding(f *Finding) {
	e.open("{")
	e.key("id").number("", int64(f.ID))
	e.key("connection").number("", int64(f.Connection))
	e.key("kind").string("", f.Kind)
	e.key("verdict").string("", f.Verdict)
	e.key("confidence").string("", f.Confidence)
	e.key("received_at").string("", f.ReceivedAt)
	e.key("claimed_sender").string("", f.ClaimedSender)
	e.key("src").string("", f.Src)
	e.key("dst").string("", f.Dst)
	e.key("seq").number("", int64(f.Seq))
	e.key("ack").number("", int64(f.Ack))
	e.key("flags").string("", f.Flags)
	e.key("ttl").number("", int64(f.TTL))
	e.key("ip_id").number("", int64(f.IPID))
	e.key("window").number("", int64(f.Window))
	e.key("payload").number("", int64(f.Payload))
	e.key("time").string("", f.Time)
	e.key("file").string("", f.File)
	e.key("frame").number("", f.Frame)
	e.optional("twin_file", f.TwinFile)
	if f.TwinFrame != 0 {
		e.key("twin_frame").number("", f.TwinFrame)
	}
	e.key("filters")
	e.filters(&f.Filters)
	e.optional("effect", f.Effect)
	e.optional("effect_why", f.EffectWhy)
	e.key("evidence")
	e.steps(f.Evidence)
	e.strings("needs", f.Needs)
	e.key("pattern").string("", f.Pattern)
	e.optional("pattern_why", f.PatternWhy)
	e.optional("advice", f.Advice)
	if f.Stretch != nil {
		e.key("stretch")
		e.any(f.Stretch)
	}
	e.key("trigger")
	e.trigger(f.Trigger)
	e.key("location")
	if f.Location == nil {
		e.raw("{}")
	} else {
		e.any(f.Location)
	}
	e.close("}")
}

func (e *treeEncoder) filters(f *Filters) {
	e.open("{")
	if f.Client != nil {
		e.key("client")
		e.filter(f.Client)
	}
	if f.Server != nil {
		e.key("server")
		e.filter(f.Server)
	}
	e.close("}")
}

func (e *treeEncoder) filter(f *Filter) {
	e.open("{")
	e.optional("file", f.File)
	e.key("held").bool("", f.Held)
	e.key("packet").string("", f.Packet)
	e.key("connection").string("", f.Connection)
	e.close("}")
}

func (e *treeEncoder) steps(list []Evidence) {
	if list == nil {
		e.raw("null")
		return
	}
	e.open("[")
	for i := range list {
		e.element()
		e.step(&list[i])
	}
	e.close("]")
}

func (e *treeEncoder) step(s *Evidence) {
	e.open("{")
	e.key("rule").string("", s.Rule)
	e.key("outcome").string("", s.Outcome)
	e.strings("refutes", s.Refutes)
	e.strings("refuted_by", s.RefutedBy)
	if s.Decides {
		e.key("decides").bool("", true)
	}
	if s.Attested {
		e.key("attested").bool("", true)
	}
	e.key("text").string("", s.Text)
	if len(s.Values) > 0 {
		e.key("values")
		e.values(s.Values)
	}
	e.close("}")
}

// values writes a map in the order of its keys.
func (e *treeEncoder) values(values map[string]any) {
	e.names = e.names[:0]
	for name := range values {
		e.names = append(e.names, name)
	}
	slices.Sort(e.names)
	e.open("{")
	for _, name := range e.names {
		e.element()
		e.string("", name)
		e.raw(": ")
		switch v := values[name].(type) {
		case string:
			e.string("", v)
		case bool:
			e.bool("", v)
		case float64:
			e.float("", v)
		case int:
			e.number("", int64(v))
		case int64:
			e.number("", v)
		default:
			e.any(v)
		}
	}
	e.close("}")
}

func (e *treeEncoder) trigger(t *Trigger) {
	e.open("{")
	if t != nil {
		e.key("name").string("", t.Name)
		e.key("protocol").string("", t.Protocol)
		e.key("text").string("", t.Text)
		e.key("told_by").string("", t.ToldBy)
		e.key("sent_at").string("", t.SentAt)
		e.key("file").string("", t.File)
		e.key("frame").number("", t.Frame)
		e.key("seq").number("", int64(t.Seq))
		e.key("length").number("", int64(t.Length))
		e.key("reached_far_end").string("", t.Reached)
		e.key("box").string("", t.Box)
	}
	e.close("}")
}

// open begins an object or an array.
func (e *treeEncoder) open(bracket string) {
	e.raw(bracket)
	e.depth++
	e.begun = false
}

func (e *treeEncoder) close(bracket string) {
	e.depth--
	if e.begun {
		e.line()
	}
	e.raw(bracket)
	e.begun = true
}

func (e *treeEncoder) line() {
	e.raw("\n")
	for range e.depth {
		e.raw(indent)
	}
}

// element begins an element of an array or an object.
func (e *treeEncoder) element() {
	if e.begun {
		e.raw(",")
	}
	e.begun = true
	e.line()
}

// key begins a field, and returns what writes its value.
func (e *treeEncoder) key(name string) *lineEncoder {
	e.element()
	e.raw(`"`)
	e.raw(name)
	e.raw(`": `)
	return e.lineEncoder
}

func (e *treeEncoder) optional(name, s string) {
	if s != "" {
		e.key(name).string("", s)
	}
}

func (e *treeEncoder) strings(name string, list []string) {
	if len(list) == 0 {
		return
	}
	e.key(name)
	e.open("[")
	for _, s := range list {
		e.element()
		e.string("", s)
	}
	e.close("]")
}

// any writes any other value, by reflection.
func (e *treeEncoder) any(value any) {
	o := object{w: e.lineEncoder}
	o.encode(value, strings.Repeat(indent, e.depth), indent)
	if o.err != nil {
		e.err = o.err
	}
}
