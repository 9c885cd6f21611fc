package main

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// The authenticated map, as the README of crypto describes it: a compact trie over the bits of
// SHA-256(key), in which every leaf and every node is one hash.

const (
	mapDepthMax = 256
	mapLeafByte = 0x02
	mapNodeByte = 0x03
)

// Stands for a subtree without keys.
var emptyMap tlog.Hash

// A pair as the trie knows it.
type mapLeaf struct {
	key, value tlog.Hash
}

// Where a key's path ends: the hashes beside it, the root's child first, and the leaf of another
// key if it ends at one.
type mapPath struct {
	siblings []tlog.Hash
	other    *mapLeaf
}

// A key has this value, or none at all.
type mapClaim struct {
	key   []byte
	value *[]byte
}

func leafOf(key, value []byte) mapLeaf {
	return mapLeaf{sha256.Sum256(key), sha256.Sum256(value)}
}

func (l mapLeaf) hash() tlog.Hash {
	return sha256.Sum256(joined(mapLeafByte, l.key, l.value))
}

func mapNode(zero, one tlog.Hash) tlog.Hash {
	return sha256.Sum256(joined(mapNodeByte, zero, one))
}

func joined(first byte, a, b tlog.Hash) []byte {
	return append(append([]byte{first}, a[:]...), b[:]...)
}

// The direction at this depth, most significant bit first.
func bitOf(path tlog.Hash, depth int) byte {
	return path[depth/8] >> (7 - depth%8) & 1
}

func sharesBits(a, b tlog.Hash, count int) bool {
	for depth := 0; depth < count; depth++ {
		if bitOf(a, depth) != bitOf(b, depth) {
			return false
		}
	}
	return true
}

// The root, if the path of `key` ends at `end`.
func mapRootFrom(end, key tlog.Hash, siblings []tlog.Hash) tlog.Hash {
	at := end
	for depth := len(siblings) - 1; depth >= 0; depth-- {
		if bitOf(key, depth) == 0 {
			at = mapNode(at, siblings[depth])
		} else {
			at = mapNode(siblings[depth], at)
		}
	}
	return at
}

// What stands at the end of the claimed key's path, if the claim is true.
func endOf(claim mapClaim, path mapPath) (tlog.Hash, error) {
	key := tlog.Hash(sha256.Sum256(claim.key))
	switch {
	case claim.value != nil && path.other != nil:
		return emptyMap, errors.New("map: a value, and a leaf that shows there is none")
	case claim.value != nil:
		return leafOf(claim.key, *claim.value).hash(), nil
	case path.other == nil:
		return emptyMap, nil
	case path.other.key == key:
		return emptyMap, errors.New("map: the leaf that shows the absence is the key's own")
	case !sharesBits(path.other.key, key, len(path.siblings)):
		return emptyMap, errors.New("map: the leaf that shows the absence is not on the key's path")
	}
	return path.other.hash(), nil
}

// Whether the map of this root says what is claimed.
func verifyMap(claim mapClaim, path mapPath, root tlog.Hash) error {
	if len(path.siblings) > mapDepthMax {
		return fmt.Errorf("map: a path of %d hashes", len(path.siblings))
	}
	end, err := endOf(claim, path)
	if err != nil {
		return err
	}
	key := tlog.Hash(sha256.Sum256(claim.key))
	if mapRootFrom(end, key, path.siblings) != root {
		return errors.New("map: the claim does not follow from the state root")
	}
	return nil
}
