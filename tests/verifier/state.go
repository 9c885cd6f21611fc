package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// State proof files, as the README of node/cli describes them, and the leaves they rest on, as the
// README of ledger does.

const (
	stateProofMax  = 1 << 20
	entryStateRoot = 2
	entryHeadSize  = 8 + 1
	timeMax        = 253402300799999999 // the end of the year 9999, in microseconds
)

type stateProof struct {
	claim   mapClaim
	path    mapPath
	receipt []byte
}

// Members by name. Names that are unknown or come twice are refused: two readers of one file must
// not see two claims.
func membersOf(file []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	members := map[string]json.RawMessage{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string)
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("%q comes twice", name)
		}
		var member json.RawMessage
		if err := decoder.Decode(&member); err != nil {
			return nil, err
		}
		members[name] = member
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if rest := file[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("something follows the object")
	}
	return members, nil
}

func textOf(member json.RawMessage) (string, error) {
	if len(member) == 0 || member[0] != '"' {
		return "", errors.New("not a string")
	}
	var text string
	err := json.Unmarshal(member, &text)
	return text, err
}

func bytesOf(member json.RawMessage) ([]byte, error) {
	text, err := textOf(member)
	if err != nil {
		return nil, err
	}
	return parseBase64(text)
}

func hashOf(member json.RawMessage) (tlog.Hash, error) {
	raw, err := bytesOf(member)
	if err != nil || len(raw) != tlog.HashSize {
		return tlog.Hash{}, errors.New("not a hash")
	}
	var hash tlog.Hash
	copy(hash[:], raw)
	return hash, nil
}

func hashesOf(member json.RawMessage) ([]tlog.Hash, error) {
	var items []json.RawMessage
	if len(member) == 0 || member[0] != '[' {
		return nil, errors.New("not a list")
	}
	if err := json.Unmarshal(member, &items); err != nil {
		return nil, err
	}
	hashes := []tlog.Hash{}
	for _, item := range items {
		hash, err := hashOf(item)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// An empty string stands for a missing one.
func given(members map[string]json.RawMessage, name string) bool {
	member, there := members[name]
	return there && string(member) != `""`
}

func otherOf(members map[string]json.RawMessage) (*mapLeaf, error) {
	hasKey, hasValue := given(members, "other_key"), given(members, "other_value")
	if !hasKey && !hasValue {
		return nil, nil
	}
	if !hasKey || !hasValue {
		return nil, errors.New("half a leaf of another key")
	}
	key, err := hashOf(members["other_key"])
	if err != nil {
		return nil, fmt.Errorf("other_key: %w", err)
	}
	value, err := hashOf(members["other_value"])
	if err != nil {
		return nil, fmt.Errorf("other_value: %w", err)
	}
	return &mapLeaf{key, value}, nil
}

func (p *stateProof) take(name string, member json.RawMessage) error {
	var err error
	switch name {
	case "key":
		p.claim.key, err = bytesOf(member)
	case "value":
		var value []byte
		value, err = bytesOf(member)
		p.claim.value = &value
	case "siblings":
		p.path.siblings, err = hashesOf(member)
	case "receipt":
		var text string
		text, err = textOf(member)
		p.receipt = []byte(text)
	case "other_key", "other_value":
	default:
		err = errors.New("not a member of a state proof")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// At most stateProofMax bytes.
func parseStateProof(file []byte) (*stateProof, error) {
	members, err := membersOf(file)
	if err != nil {
		return nil, err
	}
	proof := &stateProof{}
	for name, member := range members {
		if err := proof.take(name, member); err != nil {
			return nil, err
		}
	}
	proof.path.other, err = otherOf(members)
	return proof, err
}

// What a state root leaf says.
type stateRoot struct {
	time time.Time
	open tlog.Hash // of the map whose keys anyone may ask for
	// Of the map that hides: accounts of persons, and the claims of closed days.
	personal tlog.Hash
}

const stateRootForm = 3

func parseStateRoot(entry []byte) (*stateRoot, error) {
	if len(entry) < entryHeadSize || entry[8] != entryStateRoot {
		return nil, errors.New("the leaf is not a state root")
	}
	micros := binary.BigEndian.Uint64(entry)
	body := entry[entryHeadSize:]
	if micros > timeMax || len(body) == 0 || body[0] != stateRootForm {
		return nil, errors.New("the state root has no form that is known here")
	}
	roots := body[1:]
	const size = 2 * tlog.HashSize
	if len(roots) < size || !areFamilies(roots[size:]) {
		return nil, errors.New("the state root is not formed as it must be")
	}
	root := &stateRoot{time: time.UnixMicro(int64(micros)).UTC()}
	copy(root.open[:], roots)
	copy(root.personal[:], roots[tlog.HashSize:])
	return root, nil
}

// (family, digest), again and again, each family after the one before.
func areFamilies(bytes []byte) bool {
	const size = 1 + tlog.HashSize
	for at := 0; at < len(bytes); at += size {
		if len(bytes)-at < size || at > 0 && bytes[at] <= bytes[at-size] {
			return false
		}
	}
	return true
}

// Verifies the receipt of the state root, then the claim by its map, then that key and value are
// what they are said to be. Answers what is proved, in words.
func verifyState(file []byte, trust *trust, log *log) (string, error) {
	proof, err := parseStateProof(file)
	if err != nil {
		return "", fmt.Errorf("not a state proof: %w", err)
	}
	kind, name, err := nameKey(proof.claim.key)
	if err != nil {
		return "", err
	}
	leaf, err := verifyReceipt(proof.receipt, nil, trust, log)
	if err != nil {
		return "", fmt.Errorf("receipt: %w", err)
	}
	root, err := parseStateRoot(leaf.entry)
	if err != nil {
		return "", err
	}
	of := root.open
	if kind.personal {
		of = root.personal
	}
	if err := verifyMap(proof.claim, proof.path, of); err != nil {
		return "", err
	}
	if proof.claim.value == nil && kind.spelling == spelledAsSlot {
		return "", errors.New("that a slot has no list says nothing unless its day is closed")
	}
	said := "absent"
	if proof.claim.value != nil {
		fields, err := readValue(kind, *proof.claim.value, name)
		if err != nil {
			return "", err
		}
		said = fmt.Sprintf("%s\n  value %x", strings.Join(fields, ", "), *proof.claim.value)
	}
	return fmt.Sprintf("leaf %d, %s\n  key   %x\n  %s: %s", leaf.index,
		root.time.Format(time.RFC3339Nano), proof.claim.key, words(kind, name), said), nil
}
