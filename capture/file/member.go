package file

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"bothends/capture"
)

// A member is one file of a set, in a form that can be read again and again.
type member struct {
	path        string
	format      Format
	compression Compression
	size        int64       // as given
	identity    os.FileInfo // of what the path named

	content   *os.File // the file itself, or what it was unpacked to
	base      int64    // where in content the capture starts
	length    int64    // how long it was when it was opened
	spool     *spool   // if it was unpacked
	streamEnd capture.End

	firstNS int64 // of the first packet
	timed   bool  // there is one, with a time
}

func (m *member) about() File {
	return File{Path: m.path, Format: m.format, Compression: m.compression, Size: m.size}
}

func (m *member) order() int {
	if m.timed {
		return 1
	}
	return 0
}

func (m *member) close() error {
	if m.spool != nil {
		return m.spool.close()
	}
	return m.content.Close()
}

// reader starts a pass, whose place in the file input tells.
func (m *member) reader() (r capture.Reader, input *io.SectionReader, err error) {
	input = io.NewSectionReader(m.content, m.base, m.length)
	if r, err = newReader(m.format, input); err != nil {
		return nil, nil, &Error{Path: m.path, Err: err}
	}
	return r, input, nil
}

// openMember prepares one file. A pipe may keep a read waiting for ever, which
// nothing interrupts, so the work is left alone when ctx ends, though not while a
// spool has a name; none is made after that.
func openMember(ctx context.Context, path string, open func(string) (*os.File, error)) (*member, error) {
	type outcome struct {
		m   *member
		err error
	}
	done := make(chan outcome, 1)
	naming := &naming{}
	go func() {
		m, err := prepare(ctx, path, open, naming)
		done <- outcome{m, err}
	}()
	select {
	case o := <-done:
		return o.m, o.err
	case <-ctx.Done():
		naming.Lock() // at most for as long as it takes to make and unlink a file
		defer naming.Unlock()
		go func() {
			if o := <-done; o.m != nil {
				o.m.close()
			}
		}()
		return nil, ctx.Err()
	}
}

func prepare(ctx context.Context, path string, open func(string) (*os.File, error), naming *naming) (m *member, err error) {
	input, err := open(path)
	if err != nil {
		return nil, osError(path, err)
	}
	m, err = prepareOpen(ctx, path, input, naming)
	if path != Stdin && (err != nil || m.spool != nil) {
		input.Close()
	}
	if err != nil {
		return nil, err
	}
	if err := m.readFirst(); err != nil {
		m.close()
		return nil, err
	}
	return m, nil
}

func prepareOpen(ctx context.Context, path string, input *os.File, naming *naming) (*member, error) {
	identity, err := input.Stat()
	if err != nil {
		return nil, osError(path, err)
	}
	if identity.IsDir() {
		return nil, &Error{Path: path, Err: ErrDirectory, Hint: "name the capture files in it"}
	}
	m := &member{path: path, identity: identity}
	source := &source{input: input}
	buffered := bufio.NewReaderSize(source, readBuffer)
	if identity.Mode().IsRegular() {
		if m.base, err = input.Seek(0, io.SeekCurrent); err != nil {
			return nil, osError(path, err)
		}
		m.length = identity.Size() - m.base
		m.size = m.length
	}
	head, err := buffered.Peek(sniffSize)
	if err != nil && err != io.EOF {
		return nil, osError(path, err)
	}
	if len(head) == 0 {
		return nil, &Error{Path: path, Err: ErrEmpty, Hint: "was the recorder stopped before it wrote anything?"}
	}
	m.compression = sniffCompression(head)
	if m.compression == Plain {
		if m.format = sniffFormat(head); m.format == "" {
			return nil, noCapture(path, head)
		}
		if identity.Mode().IsRegular() {
			m.content = input
			return m, nil
		}
	}
	if err := m.unpack(ctx, source, buffered, naming); err != nil {
		return nil, err
	}
	if !identity.Mode().IsRegular() {
		m.size = source.read
	}
	return m, nil
}

// unpack spools what comes from a stream.
func (m *member) unpack(ctx context.Context, source *source, packed io.Reader, naming *naming) error {
	unpacked, done, err := decompress(m.compression, packed)
	if err != nil {
		return &Error{Path: m.path, Err: fmt.Errorf("%w: %w", ErrUnreadable, err)}
	}
	defer done()
	buffered := bufio.NewReaderSize(unpacked, readBuffer)
	head, err := buffered.Peek(sniffSize)
	if source.err != nil {
		return osError(m.path, source.err)
	}
	if len(head) == 0 && err == io.EOF {
		return &Error{Path: m.path, Err: fmt.Errorf("%w once unpacked", ErrEmpty)}
	}
	if len(head) == 0 {
		return &Error{Path: m.path, Err: fmt.Errorf("%w: %w", ErrUnreadable, err)}
	}
	if m.format = sniffFormat(head); m.format == "" {
		return noCapture(m.path, head)
	}
	m.spool, err = naming.newSpool(ctx)
	if ctx.Err() != nil && m.spool == nil {
		return ctx.Err()
	}
	if err != nil {
		return &Error{Path: m.path, Err: fmt.Errorf("%w: %w", ErrNoSpace, err), Hint: hintTemporary}
	}
	streamErr, err := m.spool.fill(ctx, source, buffered, m.compression != Plain)
	if err != nil {
		m.spool.close()
		return m.spoolError(err)
	}
	m.content, m.length = m.spool.file, m.spool.size
	if streamErr != nil {
		m.streamEnd = streamEnd(m.compression, m.length, streamErr)
	}
	return nil
}

// spoolError says of which file a spool could not be made, and what to do.
func (m *member) spoolError(err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, ErrNoSpace):
		return &Error{Path: m.path, Err: err, Hint: hintTemporary}
	case errors.Is(err, ErrExpansion):
		return &Error{Path: m.path, Err: err, Hint: "if it is genuine, unpack it yourself and give the result"}
	}
	return osError(m.path, err)
}

// readFirst learns where in its set the file belongs.
func (m *member) readFirst() error {
	r, _, err := m.reader()
	if err != nil {
		return err
	}
	var p capture.Packet
	switch err := r.Next(&p); {
	case err == io.EOF:
	case err != nil:
		return osError(m.path, err)
	default:
		m.firstNS, m.timed = p.TimeNS, !p.Untimed
	}
	return nil
}
