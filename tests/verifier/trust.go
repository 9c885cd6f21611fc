package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	noteMax   = 256 << 10
	keyIDSize = 4
)

// Without the key id in front.
type signatures map[note.Verifier][][]byte

// A checkpoint whose signatures satisfied the policy.
type head struct {
	origin string
	size   int64
	root   tlog.Hash
	note   []byte
}

// Whose signatures count: logs, whose names are their origins, witnesses by name, and the quorum
// over them.
type trust struct {
	logs      []note.Verifier
	witnesses map[string]*cosigner
	groups    map[string]group
	quorum    string
	// Of logs and of witnesses: a key that stood on two lines would count twice.
	keysSeen map[string]bool
}

type group struct {
	threshold int
	members   []string
}

const quorumNone = "none"

func trustOf(o options) (*trust, error) {
	if o.policy != "" {
		bytes, err := os.ReadFile(o.policy)
		if err != nil {
			return nil, err
		}
		return parsePolicy(string(bytes))
	}
	if o.log == "" {
		return nil, errors.New("whom to trust? give --policy, or --log and --cosigner")
	}
	lines := []string{"log " + o.log}
	members := []string{}
	for i, vkey := range o.cosigners {
		name := fmt.Sprintf("cosigner%d", i+1)
		lines = append(lines, "witness "+name+" "+vkey)
		members = append(members, name)
	}
	need := o.quorum
	if need < 0 {
		need = len(members)/2 + 1
	}
	if len(members) == 0 || need == 0 {
		lines = append(lines, "quorum none")
	} else {
		lines = append(lines, fmt.Sprintf("group all-cosigners %d %s", need, strings.Join(members, " ")))
		lines = append(lines, "quorum all-cosigners")
	}
	return parsePolicy(strings.Join(lines, "\n") + "\n")
}

func parsePolicy(text string) (*trust, error) {
	t := &trust{
		witnesses: map[string]*cosigner{},
		groups:    map[string]group{},
		keysSeen:  map[string]bool{},
	}
	grouped := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		w := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(w) == 0 || strings.HasPrefix(w[0], "#") {
			continue
		}
		if err := t.take(w, grouped); err != nil {
			return nil, fmt.Errorf("policy line %d: %w", i+1, err)
		}
	}
	if t.quorum == "" {
		return nil, errors.New("policy: no quorum line")
	}
	return t, nil
}

func (t *trust) take(w []string, grouped map[string]bool) error {
	switch {
	case w[0] == "log" && (len(w) == 2 || len(w) == 3):
		v, err := note.NewVerifier(w[1])
		if err != nil {
			return err
		}
		t.logs = append(t.logs, v)
		return t.seeKey("log", w[1])
	case w[0] == "witness" && (len(w) == 3 || len(w) == 4):
		v, err := newCosigner(w[2])
		if err != nil {
			return err
		}
		if t.known(w[1]) || w[1] == quorumNone {
			return fmt.Errorf("%s is defined twice", w[1])
		}
		t.witnesses[w[1]] = v
		return t.seeKey("witness", w[2])
	case w[0] == "group" && len(w) >= 4:
		return t.takeGroup(w, grouped)
	case w[0] == "quorum" && len(w) == 2 && t.quorum == "":
		if w[1] != quorumNone && !t.known(w[1]) {
			return fmt.Errorf("%s is not defined", w[1])
		}
		t.quorum = w[1]
	default:
		return errors.New("not a line of a policy")
	}
	return nil
}

// What is signed does not name the signer: under another name it is the same signature.
func (t *trust) seeKey(kind, vkey string) error {
	key := kind + " " + strings.SplitN(vkey, "+", 3)[2]
	if t.keysSeen[key] {
		return errors.New("the key is that of an earlier line")
	}
	t.keysSeen[key] = true
	return nil
}

func (t *trust) takeGroup(w []string, grouped map[string]bool) error {
	name, threshold, members := w[1], w[2], w[3:]
	if t.known(name) || name == quorumNone {
		return fmt.Errorf("%s is defined twice", name)
	}
	for _, member := range members {
		if !t.known(member) {
			return fmt.Errorf("%s is not defined", member)
		}
		if grouped[member] {
			return fmt.Errorf("%s is in two groups", member)
		}
		grouped[member] = true
	}
	need, err := int64(0), error(nil)
	switch threshold {
	case "all":
		need = int64(len(members))
	case "any":
		need = 1
	default:
		need, err = parseCount(threshold)
	}
	if err != nil || need < 1 || need > int64(len(members)) {
		return fmt.Errorf("%s of %d members cannot be", threshold, len(members))
	}
	t.groups[name] = group{int(need), members}
	return nil
}

func (t *trust) known(name string) bool {
	_, isWitness := t.witnesses[name]
	_, isGroup := t.groups[name]
	return isWitness || isGroup
}

// Whether `name` is satisfied by the witnesses that signed. Groups name only earlier ones, so that
// this ends.
func (t *trust) met(name string, signed map[string]time.Time) bool {
	if name == quorumNone {
		return true
	}
	if g, isGroup := t.groups[name]; isGroup {
		count := 0
		for _, member := range g.members {
			if t.met(member, signed) {
				count++
			}
		}
		return count >= g.threshold
	}
	_, yes := signed[name]
	return yes
}

// Opens a signed checkpoint: a known key's wrong signature refuses it, a log must have signed under
// its own name, and the quorum must be met.
func (t *trust) open(bytes []byte) (*head, error) {
	verifiers := append([]note.Verifier{}, t.logs...)
	for _, v := range t.witnesses {
		verifiers = append(verifiers, v)
	}
	opened, err := note.Open(bytes, note.VerifierList(verifiers...))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: signatures: %w", err)
	}
	made, err := signaturesOf(bytes[len(opened.Text):], opened.Text, verifiers)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: signatures: %w", err)
	}
	h, err := parseHead(opened.Text)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	h.note = bytes
	if !t.isLogs(h.origin, made) {
		return nil, fmt.Errorf("checkpoint: not signed by the log of origin %q", h.origin)
	}
	signed := t.signers(made)
	if !t.met(t.quorum, signed) {
		return nil, fmt.Errorf("checkpoint: the quorum %q is not met by %d cosigners",
			t.quorum, len(signed))
	}
	fmt.Printf("checkpoint: %s size %d root %s, log and %d of %d cosigners\n",
		h.origin, h.size, h.root, len(signed), len(t.witnesses))
	for _, name := range sorted(signed) {
		at := signed[name]
		fmt.Printf("  %s (%s) at %s\n", t.witnesses[name].name, name, at.UTC().Format(time.RFC3339))
	}
	return h, nil
}

func sorted(signed map[string]time.Time) []string {
	names := []string{}
	for name := range signed {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// All verified signatures by the verifier that made them. note.Open looks at the first of each
// verifier only; a later one must verify too.
func signaturesOf(lines []byte, text string, known []note.Verifier) (signatures, error) {
	made := signatures{}
	for _, line := range strings.Split(strings.Trim(string(lines), "\n"), "\n") {
		w := strings.Split(line, " ")
		raw, err := base64.StdEncoding.DecodeString(w[len(w)-1])
		if len(w) != 3 || err != nil || len(raw) < keyIDSize {
			return nil, errors.New("malformed note")
		}
		for _, v := range known {
			if v.Name() != w[1] || v.KeyHash() != binary.BigEndian.Uint32(raw) {
				continue
			}
			if !v.Verify([]byte(text), raw[keyIDSize:]) {
				return nil, &note.InvalidSignatureError{Name: v.Name(), Hash: v.KeyHash()}
			}
			made[v] = append(made[v], raw[keyIDSize:])
		}
	}
	return made, nil
}

func (t *trust) isLogs(origin string, made signatures) bool {
	for _, v := range t.logs {
		if v.Name() == origin && len(made[v]) > 0 {
			return true
		}
	}
	return false
}

// When each witness signed; of several times the latest.
func (t *trust) signers(made signatures) map[string]time.Time {
	signed := map[string]time.Time{}
	for name, v := range t.witnesses {
		for _, signature := range made[v] {
			at := time.Unix(int64(binary.BigEndian.Uint64(signature)), 0)
			if at.After(signed[name]) {
				signed[name] = at
			}
		}
	}
	return signed
}

func parseHead(text string) (*head, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return nil, errors.New("not a checkpoint")
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return nil, errors.New("not a checkpoint: an empty line")
		}
	}
	size, err := parseCount(lines[1])
	if err != nil {
		return nil, err
	}
	root, err := parseHash(lines[2])
	if err != nil {
		return nil, err
	}
	return &head{origin: lines[0], size: size, root: root}, nil
}

// Decimal without sign or leading zeros.
func parseCount(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != text {
		return 0, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

// In its one spelling: the decoder would skip line breaks.
func parseBase64(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") {
		return nil, errors.New("base64 with a line break")
	}
	return base64.StdEncoding.Strict().DecodeString(text)
}

func parseHash(text string) (tlog.Hash, error) {
	var h tlog.Hash
	raw, err := parseBase64(text)
	if err != nil || len(raw) != tlog.HashSize {
		return h, fmt.Errorf("%q is not a hash", text)
	}
	copy(h[:], raw)
	return h, nil
}

// A verifier of C2SP tlog-cosignature, type 0x04, which x/mod does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

const typeCosignature = 0x04

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 || parts[0] == "" {
		return nil, errors.New("not a verifier key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != typeCosignature {
		return nil, errors.New("not the verifier key of a cosigner (type 4)")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if parts[1] != fmt.Sprintf("%08x", hash) {
		return nil, errors.New("the verifier key's id is not its key's")
	}
	return &cosigner{parts[0], hash, key[1:]}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(signature)
	message := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", at)), text...)
	return at <= math.MaxInt64 && ed25519.Verify(c.key, message, signature[8:])
}
