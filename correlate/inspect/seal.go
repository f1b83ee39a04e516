package inspect

import (
	"context"
	"errors"
	"slices"

	"bothends/capture/file"
	"bothends/capture/seal"
	"bothends/correlate/report"
)

// sealStates from the best.
var sealStates = []seal.State{seal.None, seal.Intact, seal.Open, seal.Gone, seal.Changed}

// checkSeals looks whether the files are still as they were recorded.
func (i *inspection) checkSeals(ctx context.Context, set *file.Set) error {
	var files []seal.File
	shown := report.Seal{}
	worst := seal.None
	for n, about := range set.Files() {
		content, format := set.Content(n)
		var f seal.File
		if format == file.Pcapng {
			var err error
			if f, err = seal.Read(ctx, content, content.Size()); err != nil {
				return err
			}
		}
		files = append(files, f)
		if slices.Index(sealStates, f.State) > slices.Index(sealStates, worst) {
			worst = f.State
		}
		shown.Files = append(shown.Files, report.SealedFile{Path: about.Path, State: string(f.State), Number: f.Number, Bytes: content.Size(),
			Holds: f.Holds, Frames: f.Frames, Until: report.SealTime(f.Until), ChangedBefore: f.ChangedBefore, Appended: f.Appended, Value: f.Value})
	}
	if worst == seal.None {
		return nil
	}
	chain := seal.Join(files)
	if len(chain.Unlinked) > 0 {
		worst = seal.Changed
	}
	shown.State, shown.Head, shown.Earlier, shown.Missing, shown.Later, shown.Unlinked = string(worst), chain.Head, chain.Earlier, chain.Missing, chain.Later, chain.Unlinked
	last := lastSealed(files)
	shown.Value = last.Value
	shown.Signature = signatureOf(last)
	i.Seal, i.sealed = &shown, last
	return nil
}

// lastSealed is the file with the highest number.
func lastSealed(files []seal.File) (last seal.File) {
	for _, f := range files {
		if f.Number >= last.Number {
			last = f
		}
	}
	return last
}

// signatureOf is nil if there is none.
func signatureOf(f seal.File) *report.Signature {
	if f.Signature == "" {
		return nil
	}
	by, err := seal.Verify(f.Statement, f.Signature)
	s := report.Signature{Type: by.Type, Key: by.Key, Good: err == nil}
	switch {
	case errors.Is(err, seal.ErrKeyType):
		s.Problem = "it is by the key " + by.Key + " of the type " + by.Type + ", with which only ssh-keygen -Y verify can verify (bothends info --statement FILE)"
	case err != nil:
		s.Problem = err.Error()
	}
	return &s
}

// judgeSeals says what a change means for the capture's worth.
func (i *inspection) judgeSeals() {
	s := i.Seal
	if s == nil {
		return
	}
	again := "get the file again from where it was recorded, and compare its SHA-256 with the one that bothcap printed"
	switch {
	case s.State == string(seal.Changed):
		i.because(report.Disqualifies, "seal-broken", again, "it was changed since it was recorded, as its seals show")
	case s.Signature != nil && !s.Signature.Good && s.Signature.Key == "":
		i.because(report.Disqualifies, "signature-bad", again, "the signature in it is not one of its last seal")
	}
	if s.State == string(seal.Gone) {
		i.because(report.Remark, "seal-gone", "ask for the file as it was recorded", "it was sealed when it was recorded, and another program wrote it anew since")
	}
	if s.State == string(seal.Open) {
		i.because(report.Remark, "seal-open", "stop the recorder with Ctrl-C instead of killing it", "no seal fixes the end of it")
	}
	if len(s.Missing) > 0 {
		i.because(report.Limits, "files-missing", "give all files of the recording", "of its recording's files %s missing between those given", some(len(s.Missing)))
	}
}

func some(n int) string {
	if n == 1 {
		return "1 is"
	}
	return counted(int64(n), "file") + " are"
}
