package outside

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// Sign has ssh-keygen sign a message with the key in a file. It asks for a passphrase
// on the terminal where the key has one.
func Sign(ctx context.Context, key, namespace string, message []byte) ([]byte, error) {
	command := exec.CommandContext(ctx, "ssh-keygen", "-Y", "sign", "-q", "-n", namespace, "-f", key)
	command.Stdin = bytes.NewReader(message)
	command.Env = append(os.Environ(), "LC_ALL=C")
	var signature, complaint bytes.Buffer
	command.Stdout, command.Stderr = &signature, &complaint
	if err := command.Run(); err != nil {
		if said := strings.TrimSpace(complaint.String()); said != "" {
			return nil, fmt.Errorf("ssh-keygen: %s", said)
		}
		return nil, fmt.Errorf("ssh-keygen: %w", err)
	}
	return signature.Bytes(), nil
}
