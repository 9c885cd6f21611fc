package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The log's files by name: checkpoint, tile/….
type files interface {
	// At most max bytes of the file; more is an error.
	get(name string, max int64) ([]byte, error)
}

var errAbsent = errors.New("not there")

func openFiles(o options) (files, error) {
	if o.url != "" && o.folder != "" {
		return nil, errors.New("--url and --folder exclude each other")
	}
	if o.folder != "" {
		return folder(o.folder), nil
	}
	return openServer(o)
}

type folder string

func (f folder) get(name string, max int64) ([]byte, error) {
	file, err := os.Open(filepath.Join(string(f), filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, errAbsent)
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readUpTo(name, file, max)
}

type server struct {
	base   string
	client http.Client
}

const requestTimeout = 30 * time.Second

func openServer(o options) (*server, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS13}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", o.ca)
		}
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, err
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: settings, Proxy: http.ProxyFromEnvironment}
	return &server{
		base:   strings.TrimSuffix(o.url, "/"),
		client: http.Client{Transport: transport, Timeout: requestTimeout},
	}, nil
}

func (s *server) get(name string, max int64) ([]byte, error) {
	answer, err := s.client.Get(s.base + "/" + name)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return readUpTo(name, answer.Body, max)
	case http.StatusNotFound, http.StatusGone:
		return nil, fmt.Errorf("%s: %w", name, errAbsent)
	default:
		return nil, fmt.Errorf("%s: the server answers %s", name, answer.Status)
	}
}

func readUpTo(name string, from io.Reader, max int64) ([]byte, error) {
	bytes, err := io.ReadAll(io.LimitReader(from, max+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(bytes)) > max {
		return nil, fmt.Errorf("%s: longer than %d bytes", name, max)
	}
	return bytes, nil
}
