package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	receiptMax      = 512 << 10
	receiptHeading  = "c2sp.org/tlog-proof@v1"
	receiptPathMax  = 63
	receiptDivision = "\n\n"
)

// A C2SP tlog-proof.
type receipt struct {
	extra      []byte // nil if it has none
	index      int64
	path       tlog.RecordProof
	checkpoint []byte
}

func parseReceipt(bytes []byte) (*receipt, error) {
	text := string(bytes)
	at := strings.Index(text, receiptDivision)
	if len(text) > receiptMax || at < 0 {
		return nil, errors.New("not a tlog-proof")
	}
	lines := strings.Split(text[:at], "\n")
	if lines[0] != receiptHeading {
		return nil, errors.New("not a tlog-proof of version 1")
	}
	r := &receipt{checkpoint: bytes[at+len(receiptDivision):]}
	lines = lines[1:]
	var err error
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		r.extra, err = parseBase64(strings.TrimPrefix(lines[0], "extra "))
		if err != nil {
			return nil, err
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") || len(lines)-1 > receiptPathMax {
		return nil, errors.New("no index, or too long a path")
	}
	if r.index, err = parseCount(strings.TrimPrefix(lines[0], "index ")); err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		hash, err := parseHash(line)
		if err != nil {
			return nil, err
		}
		r.path = append(r.path, hash)
	}
	return r, nil
}

// A leaf that a receipt proves.
type provenLeaf struct {
	index int64
	entry []byte
}

// Verifies signatures, quorum and inclusion of the entry, or of the one that the receipt carries if
// it is nil; where the log is at hand, also that the receipt's checkpoint is of that log's history.
func verifyReceipt(bytes, entry []byte, trust *trust, log *log) (*provenLeaf, error) {
	r, err := parseReceipt(bytes)
	if err != nil {
		return nil, err
	}
	if entry == nil {
		entry = r.extra
	}
	if entry == nil {
		return nil, errors.New("it carries no entry; give it with --entry")
	}
	head, err := trust.open(r.checkpoint)
	if err != nil {
		return nil, err
	}
	leaf := tlog.RecordHash(entry)
	if err := tlog.CheckRecord(r.path, head.size, head.root, r.index, leaf); err != nil {
		return nil, fmt.Errorf("inclusion: leaf %d of %d: %w", r.index, head.size, err)
	}
	if log != nil {
		if err := log.continues(head); err != nil {
			return nil, err
		}
	}
	return &provenLeaf{r.index, entry}, nil
}
