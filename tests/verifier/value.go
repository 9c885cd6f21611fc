package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Keys and values of the maps, as the README of ledger describes them.

// A family of keys. Fields of its message, in the order of their numbers, from view.proto and
// event.proto.
type kind struct {
	family   byte
	word     string
	spelling int
	fields   string
	self     int // the field that repeats the key's name; 0 if none does
	personal bool
}

// What follows "v" and the family in a key.
const (
	spelledAsNothing = iota
	spelledAsName
	spelledAsTwoNames // the first one ended by a zero byte
	spelledAsNumber   // 8 bytes, big-endian
	spelledAsKeyID    // 32 bytes
	spelledAsPerson   // 0x01 and 16 bytes
	spelledAsSlot     // day and slot, 4 bytes each
)

var kinds = []kind{
	{'A', "account", spelledAsName, "account kind owner opened_at units_held_kg credits_held_g " +
		"units_bound_kg credits_owed_g", 1, false},
	{'B', "batch", spelledAsName, "batch project report methodology methodology_version " +
		"serial_code vintage start end issued_at serial registered_at recalled_kg", 1, false},
	{'J', "project", spelledAsName, "filing filed_at methodology_version remainder_g standing " +
		"standing_at owed_kg issued_kg taken_back_kg", 0, false},
	{'K', "key", spelledAsKeyID, "key_id public_key party added_at ended_at revoked", 1, false},
	{'M', "methodology", spelledAsTwoNames, "methodology filed_at event_sha256 sample standing " +
		"standing_at superseded_by", 0, false},
	{'N', "node", spelledAsNumber, "node_id name peer_key cosigner_key peer_address " +
		"client_address", 1, false},
	{'P', "party", spelledAsName, "party legal_entity name_zh name_en area in_ets_boundary roles " +
		"key_ids registered_at restraints", 1, false},
	{'R', "rule set of leaf", spelledAsNumber, "rules filed_at began_at ended_at", 2, false},
	{'T', "totals", spelledAsNothing, "units_issued_kg units_held_kg units_retired_kg " +
		"credits_credited_g credits_held_g accounts personal_accounts parties methodologies " +
		"samples projects records_credited records_refused units_cancelled_kg units_expired_kg " +
		"scenarios credits_owed_g credits_converted_g credits_reversed_g credits_cancelled_g " +
		"credits_spent_g records_reversed redemptions", 0, false},
	{'U', "block that ends with serial", spelledAsNumber, "start end batch state account since " +
		"batch_start bound_by recalled_at", 2, false},
	{'V', "proposal", spelledAsName, "proposal proposer resolution document_sha256 ballot state " +
		"votes proposed_at voting_until executable_from executable_until ended_at", 1, false},
	{'W', "report", spelledAsName, "submission state submitted_at methodology " +
		"methodology_version exact_result result_g verifier verified_at issued_at batch " +
		"submitter notice signers pool", 0, false},
	{'Z', "retirement of leaf", spelledAsNumber, "retirement retired_at time amount_kg serials " +
		"certificate", 2, false},
	{'a', "source", spelledAsName, "filing filed_at device_at", 0, false},
	{'c', "case", spelledAsName, "opening rule state opened_at until confirmation confirmed_at " +
		"bonds retirement ended_at capped_kg list_year global_year firm", 0, false},
	{'f', "filing", spelledAsName, "filing kind drafter subject documents procedure state " +
		"reviews notice drafted_at ended_at event_sha256 signers reason", 1, false},
	{'h', "bond", spelledAsName, "binding state bound_kg posted_kg released_kg retired_kg " +
		"recalled_kg bound_at ended_at", 0, false},
	{'j', "offer settlement", spelledAsName, "settlement settled_at", 0, false},
	{'l', "recall of leaf", spelledAsNumber, "leaf time recall reverse project cancelled_kg " +
		"retired_kg from_buffer_kg owed_kg", 1, false},
	{'m', "footprint", spelledAsName, "report state amount_kg lines reported_at verifier " +
		"verified_at verification signers", 0, false},
	{'n', "certificate", spelledAsName, "certificate certified_at", 0, false},
	{'o', "loan", spelledAsName, "loan referred_at", 0, false},
	{'x', "offer", spelledAsName, "offer state opened_at closed_at stock redeemed redeemed_g " +
		"settled last_settlement", 0, false},
	{'z', "opening of leaf", spelledAsNumber, "opening account opened_at", 3, false},
	{'A', "account", spelledAsPerson, "", 0, true},
	{'L', "last day closed to claims", spelledAsNothing, "", 0, true},
	{'L', "claims of day", spelledAsSlot, "", 0, true},
}

const nameMax = 255

// The kind that a key is of and its name in words. An absence says nothing of a key that the map
// would not hold anyway, so such keys are refused.
func nameKey(key []byte) (kind, string, error) {
	for _, k := range kinds {
		if len(key) < 2 || key[0] != 'v' || key[1] != k.family {
			continue
		}
		if name, ok := spell(k.spelling, key[2:]); ok {
			return k, name, nil
		}
	}
	return kind{}, "", fmt.Errorf("%x is not a key of a map", key)
}

func spell(spelling int, rest []byte) (string, bool) {
	switch spelling {
	case spelledAsNothing:
		return "", len(rest) == 0
	case spelledAsName:
		return string(rest), isName(rest)
	case spelledAsTwoNames:
		at := bytes.IndexByte(rest, 0)
		if at < 0 || !isName(rest[:at]) || !isName(rest[at+1:]) {
			return "", false
		}
		return string(rest[:at]) + " " + string(rest[at+1:]), true
	case spelledAsNumber:
		if len(rest) != 8 {
			return "", false
		}
		return fmt.Sprint(binary.BigEndian.Uint64(rest)), true
	case spelledAsPerson:
		return fmt.Sprintf("p-%x", rest[min(1, len(rest)):]), len(rest) == 17 && rest[0] == 1
	case spelledAsSlot:
		if len(rest) != 8 {
			return "", false
		}
		return fmt.Sprintf("%d slot %d", dayOf(rest), binary.BigEndian.Uint32(rest[4:])), true
	default:
		return fmt.Sprintf("%x", rest), len(rest) == 32
	}
}

// Days count from 1970-01-01, with the sign bit flipped.
func dayOf(bytes []byte) int32 {
	return int32(binary.BigEndian.Uint32(bytes) ^ 1<<31)
}

func min(a, b int) int {
	if a < b {
		return a
	}
	return b
}

// Visible ASCII: nothing in it can pass for something else on a terminal.
func isName(text []byte) bool {
	for _, c := range text {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return len(text) > 0 && len(text) <= nameMax
}

func words(k kind, name string) string {
	return strings.TrimSuffix(k.word+" "+name, " ")
}

const (
	wireNumber = 0
	wireBytes  = 2
)

type field struct {
	number int
	wire   int
	value  uint64
	bytes  []byte
}

// The fields of a protobuf message in the one form that is stored: in the order of their numbers.
func fieldsOf(message []byte) ([]field, error) {
	fields := []field{}
	last := 0
	for len(message) > 0 {
		tag, rest, err := takeNumber(message)
		if err != nil {
			return nil, err
		}
		f := field{number: int(tag >> 3), wire: int(tag & 7)}
		if f.value, rest, err = takeNumber(rest); err != nil {
			return nil, err
		}
		if f.wire == wireBytes {
			if f.value > uint64(len(rest)) {
				return nil, errors.New("ends within a field")
			}
			f.bytes, rest = rest[:f.value], rest[f.value:]
		} else if f.wire != wireNumber {
			return nil, fmt.Errorf("a field of type %d", f.wire)
		}
		if f.number < 1 || f.number < last {
			return nil, errors.New("fields are not in order")
		}
		last, message = f.number, rest
		fields = append(fields, f)
	}
	return fields, nil
}

func takeNumber(from []byte) (uint64, []byte, error) {
	value, size := binary.Uvarint(from)
	if size <= 0 || size > 1 && from[size-1] == 0 {
		return 0, nil, errors.New("not a number")
	}
	return value, from[size:], nil
}

// Numbers are signed ones of 64 bits; no field of a view reaches 2^63 otherwise.
func (f field) text() string {
	if f.wire == wireNumber {
		return fmt.Sprint(int64(f.value))
	}
	return string(f.bytes)
}

// As text if it is text and cannot pass for several fields, in hex otherwise.
func (f field) shown() string {
	if f.wire == wireNumber {
		return f.text()
	}
	isHidden := func(r rune) bool { return !unicode.IsPrint(r) || r == ',' }
	if utf8.Valid(f.bytes) && bytes.IndexFunc(f.bytes, isHidden) < 0 {
		return f.text()
	}
	return fmt.Sprintf("%x", f.bytes)
}

// What the last byte of a person's account says.
const (
	isSelfHeld = 1
	isErased   = 2
)

// Values of the personal map are no messages but bytes in fixed places. The trail is a chain over
// the names of all movements: credits, reversals, redemptions, the erasure.
func readPersonal(k kind, value []byte) ([]string, error) {
	size := map[string]int{"account": 61, "last day closed to claims": 8, "claims of day": 36}[k.word]
	if len(value) != size {
		return nil, fmt.Errorf("the value is not as stored: %d bytes", len(value))
	}
	number := func(at int) uint64 { return binary.BigEndian.Uint64(value[at:]) }
	small := func(at int) uint32 { return binary.BigEndian.Uint32(value[at:]) }
	switch k.family {
	case 'A':
		if value[60] > isSelfHeld|isErased {
			return nil, fmt.Errorf("the value is not as stored: flags %d", value[60])
		}
		return []string{fmt.Sprintf("credits_held_g %d, opened_at %d, last movement %d/%d, "+
			"trail %x, self-held %t, erased %t", int64(number(0)), number(8), number(16), small(24),
			value[28:60], value[60]&isSelfHeld != 0, value[60]&isErased != 0)}, nil
	default:
		if size == 8 {
			return []string{fmt.Sprintf("day %d, widest window %d days", dayOf(value), small(4))}, nil
		}
		return []string{fmt.Sprintf("claims %d, root %x", small(0), value[4:])}, nil
	}
}

// The value's fields by name. Refused if it is not a message, or one of another name than its key.
func readValue(k kind, value []byte, name string) ([]string, error) {
	if k.personal {
		return readPersonal(k, value)
	}
	fields, err := fieldsOf(value)
	if err != nil {
		return nil, fmt.Errorf("the value is not as stored: %w", err)
	}
	names := strings.Fields(k.fields)
	said := []string{}
	self := "0"
	for _, f := range fields {
		called := fmt.Sprintf("field%d", f.number)
		if f.number <= len(names) {
			called = names[f.number-1]
		}
		said = append(said, called+" "+f.shown())
		if f.number == k.self {
			self = selfOf(k, f)
		}
	}
	if k.self != 0 && self != name {
		return nil, fmt.Errorf("the value is of %s, the key of %s", words(k, self), words(k, name))
	}
	return said, nil
}

func selfOf(k kind, f field) string {
	if k.spelling == spelledAsKeyID {
		return fmt.Sprintf("%x", f.bytes)
	}
	return f.text()
}
