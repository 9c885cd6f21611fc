package main

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	tileMax    = tileWidth * tlog.HashSize
	bundleMax  = tileWidth * (2 + 65535)
)

// The log as one checkpoint states it.
type log struct {
	files files
	head  *head
	tiles *tileReader
	// Answers only hashes that the tiles prove to be under the checkpoint's root.
	proven tlog.HashReader
}

func newLog(files files, head *head) *log {
	tiles := &tileReader{files: files, kept: map[tlog.Tile][]byte{}}
	tree := tlog.Tree{N: head.size, Hash: head.root}
	return &log{files, head, tiles, tlog.TileHashReader(tree, tiles)}
}

func fetchHead(files files, trust *trust) (*head, error) {
	bytes, err := files.get("checkpoint", noteMax)
	if err != nil {
		return nil, err
	}
	return trust.open(bytes)
}

// tlog writes the height into paths, C2SP does not.
func pathOf(tile tlog.Tile, kind string) string {
	asHashes := tile
	if kind == "entries" {
		asHashes.L = 0
	}
	rest := strings.TrimPrefix(asHashes.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if kind == "entries" {
		return "tile/entries/" + strings.TrimPrefix(rest, "0/")
	}
	return "tile/" + rest
}

// A partial tile may be gone once the full one exists; the full one begins with the same bytes.
func fetchTile(files files, tile tlog.Tile, kind string, max int64) ([]byte, error) {
	bytes, err := files.get(pathOf(tile, kind), max)
	if !errors.Is(err, errAbsent) || tile.W == tileWidth {
		return bytes, err
	}
	full := tile
	full.W = tileWidth
	bytes, fullErr := files.get(pathOf(full, kind), max)
	if fullErr != nil {
		return nil, err
	}
	return bytes, nil
}

func fetchHashes(files files, tile tlog.Tile) ([]byte, error) {
	bytes, err := fetchTile(files, tile, "hashes", tileMax)
	if err != nil {
		return nil, err
	}
	want := tile.W * tlog.HashSize
	if len(bytes) != want && len(bytes) != tileMax {
		return nil, fmt.Errorf("%s: %d bytes instead of %d", pathOf(tile, "hashes"), len(bytes), want)
	}
	return bytes[:want], nil
}

// tileReader is tlog.TileReader over the log's files, and keeps what was proven.
type tileReader struct {
	files files
	kept  map[tlog.Tile][]byte
}

func (r *tileReader) Height() int { return tileHeight }

func (r *tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if kept, ok := r.kept[tile]; ok {
			data[i] = kept
			continue
		}
		var err error
		if data[i], err = fetchHashes(r.files, tile); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (r *tileReader) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, tile := range tiles {
		r.kept[tile] = data[i]
	}
}

// Reads every entry, recomputes every tile and the root from them, and compares.
func (l *log) verifyEverything() error {
	grower := &grower{}
	for at := int64(0); at < l.head.size; at += tileWidth {
		width := int64(tileWidth)
		if l.head.size-at < width {
			width = l.head.size - at
		}
		entries, err := l.bundle(at/tileWidth, int(width))
		if err != nil {
			return err
		}
		for _, entry := range entries {
			grower.append(0, tlog.RecordHash(entry))
		}
	}
	root := grower.root()
	if root != l.head.root {
		return fmt.Errorf("entries: their root is %s, the checkpoint states %s", root, l.head.root)
	}
	fmt.Printf("entries: %d read, their root is the checkpoint's\n", l.head.size)
	return l.compareTiles(grower)
}

func (l *log) bundle(index int64, width int) ([][]byte, error) {
	tile := tlog.Tile{H: tileHeight, L: 0, N: index, W: width}
	name := pathOf(tile, "entries")
	rest, err := fetchTile(l.files, tile, "entries", bundleMax)
	if err != nil {
		return nil, err
	}
	entries := [][]byte{}
	for len(rest) > 0 {
		if len(rest) < 2 || len(rest)-2 < int(binary.BigEndian.Uint16(rest)) {
			return nil, fmt.Errorf("%s: ends within an entry", name)
		}
		size := int(binary.BigEndian.Uint16(rest))
		entries = append(entries, rest[2:2+size])
		rest = rest[2+size:]
	}
	if len(entries) != width && len(entries) != tileWidth {
		return nil, fmt.Errorf("%s: %d entries instead of %d", name, len(entries), width)
	}
	return entries[:width], nil
}

// The hashes that tiles consist of: levels[l] holds the roots of all full subtrees of 256^l leaves.
type grower struct {
	levels [][]tlog.Hash
}

func (g *grower) append(level int, hash tlog.Hash) {
	if level == len(g.levels) {
		g.levels = append(g.levels, nil)
	}
	g.levels[level] = append(g.levels[level], hash)
	if n := len(g.levels[level]); n%tileWidth == 0 {
		g.append(level+1, rootOf(g.levels[level][n-tileWidth:]))
	}
}

// RFC 6962 §2.1 by its definition.
func rootOf(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	k := 1
	for 2*k < len(hashes) {
		k *= 2
	}
	return tlog.NodeHash(rootOf(hashes[:k]), rootOf(hashes[k:]))
}

var emptyRoot = tlog.Hash(sha256.Sum256(nil))

func (g *grower) root() tlog.Hash {
	if len(g.levels) == 0 {
		return emptyRoot
	}
	return rootOf(g.levels[0])
}

func (l *log) compareTiles(g *grower) error {
	count := 0
	for level, hashes := range g.levels {
		for at := 0; at < len(hashes); at += tileWidth {
			part := hashes[at:]
			if len(part) > tileWidth {
				part = part[:tileWidth]
			}
			tile := tlog.Tile{H: tileHeight, L: level, N: int64(at / tileWidth), W: len(part)}
			bytes, err := fetchHashes(l.files, tile)
			if err != nil {
				return err
			}
			for i, hash := range part {
				if string(bytes[i*tlog.HashSize:(i+1)*tlog.HashSize]) != string(hash[:]) {
					return fmt.Errorf("%s: hash %d is not of the entries", pathOf(tile, "hashes"), i)
				}
			}
			count++
		}
	}
	fmt.Printf("tiles: %d on %d levels, all of the entries\n", count, len(g.levels))
	return nil
}

// Inclusion of the leaf as its bundle shows it, by a proof out of the tiles.
func (l *log) verifyIndex(index int64) error {
	if index < 0 || index >= l.head.size {
		return fmt.Errorf("leaf %d: the log has %d", index, l.head.size)
	}
	first := index - index%tileWidth
	width := int64(tileWidth)
	if l.head.size-first < width {
		width = l.head.size - first
	}
	entries, err := l.bundle(first/tileWidth, int(width))
	if err != nil {
		return err
	}
	proof, err := tlog.ProveRecord(l.head.size, index, l.proven)
	if err != nil {
		return fmt.Errorf("leaf %d: %w", index, err)
	}
	leaf := tlog.RecordHash(entries[index-first])
	if err := tlog.CheckRecord(proof, l.head.size, l.head.root, index, leaf); err != nil {
		return fmt.Errorf("leaf %d: %w", index, err)
	}
	return nil
}

func verifyIndexes(indexes []string, log *log) error {
	for _, text := range indexes {
		first, last := int64(0), log.head.size
		if text != "all" {
			index, err := parseCount(text)
			if err != nil {
				return usageError{err}
			}
			first, last = index, index+1
		}
		for index := first; index < last; index++ {
			if err := log.verifyIndex(index); err != nil {
				return err
			}
		}
		fmt.Printf("inclusion of %s: ok\n", text)
	}
	return nil
}

// Whether this log's tree begins with the older one.
func (l *log) continues(old *head) error {
	if old.origin != l.head.origin {
		return fmt.Errorf("consistency: %q is another log than %q", old.origin, l.head.origin)
	}
	if old.size > l.head.size {
		return fmt.Errorf("consistency: the log had %d entries and has %d", old.size, l.head.size)
	}
	if old.size == 0 || old.size == l.head.size {
		if old.size != 0 && old.root != l.head.root || old.size == 0 && old.root != emptyRoot {
			return fmt.Errorf("consistency: two roots for %d entries", old.size)
		}
	} else {
		proof, err := tlog.ProveTree(l.head.size, old.size, l.proven)
		if err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
		err = tlog.CheckTree(proof, l.head.size, l.head.root, old.size, old.root)
		if err != nil {
			return fmt.Errorf("consistency: the first %d entries have changed: %w", old.size, err)
		}
	}
	fmt.Printf("consistency: size %d continues size %d\n", l.head.size, old.size)
	return nil
}
