package report

import (
	"fmt"
	"strings"
	"time"
)

// Seal is what the seals in a recording say: see package capture/seal.
type Seal struct {
	// State is "intact", "end-missing", "changed" or "gone": of its files the worst.
	State     string       `json:"state"`
	Head      string       `json:"head,omitempty"`     // the value of the recording's first seal; empty if the files are of several recordings
	Value     string       `json:"value,omitempty"`    // the value of the last seal of the last file that holds
	Files     []SealedFile `json:"files"`              // in the order of the capture's
	Earlier   int          `json:"earlier,omitempty"`  // files that the recording had before these
	Missing   []int        `json:"missing,omitempty"`  // numbers of files that it had between these
	Later     bool         `json:"later,omitempty"`    // it had another one after these
	Unlinked  []int        `json:"unlinked,omitempty"` // numbers of files that do not follow the one before
	Signature *Signature   `json:"signature,omitempty"`
}

// SealedFile is what the seals of one file say.
type SealedFile struct {
	Path   string `json:"path"`
	State  string `json:"state"` // "" if it is not sealed
	Number int    `json:"number,omitempty"`
	Bytes  int64  `json:"bytes"`
	// Holds is how much of its beginning is as it was recorded, Frames are the packets
	// in that, and Until is the time of the last of them.
	Holds         int64  `json:"holds_bytes"`
	Frames        int64  `json:"holds_frames"`
	Until         string `json:"holds_until,omitempty"`
	ChangedBefore int64  `json:"changed_before_byte,omitempty"`
	Appended      int64  `json:"appended_bytes,omitempty"`
	Value         string `json:"value,omitempty"`
}

// Signature is what is known of the signature of a recording's last seal.
type Signature struct {
	Type string `json:"type,omitempty"` // of the key: "ssh-ed25519"
	Key  string `json:"key,omitempty"`  // its fingerprint, as ssh-keygen -l prints it
	// Good tells that the key signed this seal; whose key it is, it does not tell.
	Good    bool   `json:"good"`
	Problem string `json:"problem,omitempty"`
}

// SealedStatement is the last seal of a recording as a text, and its signature, as
// ssh-keygen -Y verify takes them; empty if there is none.
type SealedStatement struct{ Statement, Signature string }

// seal says what became of the files since they were recorded.
func (t *infoText) seal() {
	s := t.Seal
	if s == nil {
		return
	}
	name := "seal"
	row := func(format string, args ...any) {
		t.row(name, format, args...)
		name = ""
	}
	if s.State == "intact" {
		row("not changed since it was recorded, if bothcap printed this:")
		if s.Earlier == 0 && s.Head != "" {
			row("head %s", s.Head)
		}
		row("seal %s", s.Value)
	}
	for n := range s.Files {
		if f := &s.Files[n]; f.State != "intact" {
			if len(s.Files) == 1 {
				row("%s", f.words())
				continue
			}
			row("file %d: %s", n+1, f.words())
		}
	}
	for _, words := range s.chain() {
		row("%s", words)
	}
	switch sig := s.Signature; {
	case sig == nil:
	case sig.Good:
		row("signed with the key %s (%s); whose that is, ssh-keygen -Y verify can say: bothends info --statement FILE", sig.Key, strings.TrimPrefix(sig.Type, "ssh-"))
	default:
		row("its signature is not verified: %s", sig.Problem)
	}
}

// words say up to where a file is as it was recorded.
func (f *SealedFile) words() string {
	upTo := fmt.Sprintf("as it was recorded up to byte %d", f.Holds)
	if f.Frames > 0 {
		upTo += fmt.Sprintf(" (frame %d, %s)", f.Frames, f.Until)
	}
	switch {
	case f.State == "":
		return "not sealed"
	case f.State == "gone":
		return "it was sealed, and no seal is left: another program wrote it anew"
	case f.State == "end-missing":
		return fmt.Sprintf("%s; no seal fixes the %s behind that: the recorder was killed, or the file was cut or written anew", upTo, count(f.Bytes-f.Holds, "byte"))
	case f.Appended > 0:
		return fmt.Sprintf("%s; %s were added behind its end", upTo, count(f.Appended, "byte"))
	case f.Holds == 0:
		return fmt.Sprintf("CHANGED since it was recorded, before byte %d", f.ChangedBefore)
	}
	return fmt.Sprintf("CHANGED since it was recorded, between byte %d and byte %d; %s", f.Holds, f.ChangedBefore, upTo)
}

// chain says how the files hang together.
func (s *Seal) chain() (words []string) {
	if s.Head == "" && s.State != "gone" {
		return []string{"its files are of several recordings"}
	}
	if s.Earlier > 0 {
		words = append(words, fmt.Sprintf("the recording had %s before", count(s.Earlier, "file")))
	}
	if len(s.Missing) > 0 {
		words = append(words, fmt.Sprintf("of the recording's files these are missing: %s", numbers(s.Missing)))
	}
	if s.Later {
		words = append(words, "the recording went on in another file, which is not here")
	}
	if len(s.Unlinked) > 0 {
		words = append(words, fmt.Sprintf("CHANGED: these files do not follow the ones before: %s", numbers(s.Unlinked)))
	}
	return words
}

func numbers(list []int) string {
	const most = 10
	var words []string
	for _, n := range list[:min(len(list), most)] {
		words = append(words, fmt.Sprint(n))
	}
	text := strings.Join(words, ", ")
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// SealTime is a time as the report has it, or empty.
func SealTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return Stamp(t.UnixNano())
}
