// Verifies a Puhui city's public log, or any C2SP tlog-tiles log, and what a city proves of its
// views, with nothing of the city's code: the tree is golang.org/x/mod/sumdb/tlog, the notes are
// golang.org/x/mod/sumdb/note.
//
// Exit code: 0 all that was asked for is verified, 2 wrong usage, 3 something is not.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

const (
	exitUsage  = 2
	exitFailed = 3
)

const usage = `usage: verifier [--url URL | --folder DIR] [flags] [RECEIPT.tlog-proof ...]
       verifier --policy FILE --state PROOF

Where the log is:
  --url URL          its address, e.g. https://node1.example:8443
  --ca FILE          PEM certificates to trust for it instead of the system's
  --cert, --key FILE PEM client certificate and key, for a log that shows entries to members only
  --folder DIR       a folder with the same files
Whom to trust:
  --policy FILE      a tlog-policy: logs, witnesses, quorum
  --log VKEY         or: the log's verifier key,
  --cosigner VKEY      a cosigner's (again for each),
  --quorum N           and how many of them must have signed (a majority unless given)
What to verify besides the checkpoint, every entry, every tile, and every RECEIPT:
  --state FILE       a state proof: a value of the city's views, or an absence (again for each)
  --index N          inclusion of leaf N (again for each; "all" for every leaf)
  --old FILE         consistency with this earlier checkpoint
  --again SECONDS    wait, fetch the checkpoint again, verify that it continues the first
  --save FILE        keep the verified checkpoint, for --old of the next time
  --entry FILE       the entry of a receipt that carries none
  --checkpoint-only  leave out entries and tiles
`

type texts []string

func (w *texts) String() string     { return strings.Join(*w, " ") }
func (w *texts) Set(s string) error { *w = append(*w, s); return nil }

type options struct {
	url, ca, cert, key, folder string
	policy, log                string
	cosigners, indexes, states texts
	quorum, again              int
	old, save, entry           string
	checkpointOnly             bool
	receipts                   []string
}

func parseOptions() options {
	var o options
	flag.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	flag.StringVar(&o.url, "url", "", "")
	flag.StringVar(&o.ca, "ca", "", "")
	flag.StringVar(&o.cert, "cert", "", "")
	flag.StringVar(&o.key, "key", "", "")
	flag.StringVar(&o.folder, "folder", "", "")
	flag.StringVar(&o.policy, "policy", "", "")
	flag.StringVar(&o.log, "log", "", "")
	flag.Var(&o.cosigners, "cosigner", "")
	flag.IntVar(&o.quorum, "quorum", -1, "")
	flag.Var(&o.indexes, "index", "")
	flag.Var(&o.states, "state", "")
	flag.StringVar(&o.old, "old", "", "")
	flag.IntVar(&o.again, "again", 0, "")
	flag.StringVar(&o.save, "save", "", "")
	flag.StringVar(&o.entry, "entry", "", "")
	flag.BoolVar(&o.checkpointOnly, "checkpoint-only", false, "")
	flag.Parse()
	o.receipts = flag.Args()
	return o
}

// A wrong call, as opposed to a log that does not verify.
type usageError struct{ error }

func wrongUsage(format string, a ...interface{}) error {
	return usageError{fmt.Errorf(format, a...)}
}

func main() {
	err := run(parseOptions())
	var wrong usageError
	switch {
	case err == nil:
		fmt.Println("verified")
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "verifier: %v\n%s", err, usage)
		os.Exit(exitUsage)
	default:
		fmt.Fprintf(os.Stderr, "NOT VERIFIED: %v\n", err)
		os.Exit(exitFailed)
	}
}

func run(o options) error {
	trust, err := trustOf(o)
	if err != nil {
		return usageError{err}
	}
	if o.url == "" && o.folder == "" {
		if len(o.receipts)+len(o.states) == 0 {
			return wrongUsage("neither a log nor a receipt nor a state proof was given")
		}
		return verifyProofs(o, trust, nil)
	}
	files, err := openFiles(o)
	if err != nil {
		return usageError{err}
	}
	head, err := fetchHead(files, trust)
	if err != nil {
		return err
	}
	log := newLog(files, head)
	if !o.checkpointOnly {
		if err := log.verifyEverything(); err != nil {
			return err
		}
	}
	if err := verifyIndexes(o.indexes, log); err != nil {
		return err
	}
	if err := verifyOld(o.old, trust, log); err != nil {
		return err
	}
	if err := verifyProofs(o, trust, log); err != nil {
		return err
	}
	return finish(o, trust, log)
}

// Waits if asked to, and keeps the newest checkpoint that verified.
func finish(o options, trust *trust, log *log) error {
	head := log.head
	if o.again > 0 {
		time.Sleep(time.Duration(o.again) * time.Second)
		later, err := fetchHead(log.files, trust)
		if err != nil {
			return err
		}
		if err := newLog(log.files, later).continues(head); err != nil {
			return err
		}
		head = later
	}
	if o.save == "" {
		return nil
	}
	return os.WriteFile(o.save, head.note, 0o644)
}

func verifyOld(path string, trust *trust, log *log) error {
	if path == "" {
		return nil
	}
	bytes, err := os.ReadFile(path)
	if err != nil {
		return usageError{err}
	}
	old, err := trust.open(bytes)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return log.continues(old)
}

// Receipts and state proofs; without a log at hand (nil), by themselves.
func verifyProofs(o options, trust *trust, log *log) error {
	if err := verifyReceipts(o, trust, log); err != nil {
		return err
	}
	return verifyStates(o.states, trust, log)
}

func verifyStates(paths []string, trust *trust, log *log) error {
	for _, path := range paths {
		file, err := readFile(path, stateProofMax)
		if err != nil {
			return err
		}
		said, err := verifyState(file, trust, log)
		if err != nil {
			return fmt.Errorf("state proof %s: %w", path, err)
		}
		fmt.Printf("state proof %s: ok\n  %s\n", path, said)
	}
	return nil
}

// A file that does not open is a wrong call; one that is too long does not verify.
func readFile(path string, max int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close()
	return readUpTo(path, file, max)
}

func verifyReceipts(o options, trust *trust, log *log) error {
	var entry []byte
	if o.entry != "" {
		var err error
		if entry, err = os.ReadFile(o.entry); err != nil {
			return usageError{err}
		}
	}
	for _, path := range o.receipts {
		bytes, err := readFile(path, receiptMax)
		if err != nil {
			return err
		}
		if _, err := verifyReceipt(bytes, entry, trust, log); err != nil {
			return fmt.Errorf("receipt %s: %w", path, err)
		}
		fmt.Printf("receipt %s: ok\n", path)
	}
	return nil
}
