package trigger

// ftpCommands are those of RFC 959 and 4217 that begin a session. Elsewhere than
// on its port nothing is taken for FTP: POP3 has the same names.
var ftpCommands = map[string]bool{
	"USER": true, "PASS": true, "ACCT": true, "AUTH": true, "PBSZ": true, "PROT": true, "SYST": true, "FEAT": true, "TYPE": true,
	"PASV": true, "EPSV": true, "PORT": true, "EPRT": true, "LIST": true, "RETR": true, "STOR": true, "CWD": true, "PWD": true, "QUIT": true,
}

func ftpCommand(m *Message, l line, home bool) bool {
	if !home || !ftpCommands[l.word] {
		return false
	}
	m.Name = "FTP " + l.word
	return true
}

func ftpReply(m *Message, s *Segment, home bool) bool {
	code, _, ok := replyLine(s.Head)
	if !ok || !home {
		return false
	}
	m.Name = "FTP reply"
	m.say("code", code)
	return true
}
