package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// proxy passes connections on to where they were going, and what comes back later. Each direction keeps its order; half of a
// connection may be closed without the other.
type proxy struct {
	latency, jitter, close_ time.Duration
	listener                *os.File
	port                    uint16
	released                chan struct{} // from then on nothing is held up
	releaseOnce             sync.Once
	mu                      sync.Mutex
	conns                   map[*tcpConn]struct{}
	accepted, open, delayed atomic.Int64
}

const (
	// What may be under way in one direction: 40 MB/s at 100 ms.
	pipeBytes   = 4 << 20
	pieceBytes  = 32 << 10
	connectWait = 5 * time.Second
)

func newProxy(latency, jitter, delay time.Duration) (*proxy, error) {
	p := &proxy{latency: latency, jitter: jitter, close_: delay, released: make(chan struct{}), conns: map[*tcpConn]struct{}{}}
	var err error
	if p.listener, p.port, err = listenTCP(); err != nil {
		return nil, err
	}
	go p.accept()
	return p, nil
}

func (p *proxy) accept() {
	for {
		client, err := accept(p.listener)
		if err != nil {
			if errors.Is(err, os.ErrClosed) {
				return
			}
			time.Sleep(10 * time.Millisecond)
			continue
		}
		p.accepted.Add(1)
		p.open.Add(1)
		p.keep(client, true)
		go func() {
			defer p.open.Add(-1)
			p.serve(client)
		}()
	}
}

func (p *proxy) keep(conn *tcpConn, kept bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if kept {
		p.conns[conn] = struct{}{}
	} else {
		delete(p.conns, conn)
	}
}

func (p *proxy) serve(client *tcpConn) {
	defer p.keep(client, false)
	defer client.Close()
	target, err := client.originalDestination()
	// Whoever asks for the proxy itself is not one of those that were redirected.
	if err != nil || target.Port() == p.port {
		client.reset()
		return
	}
	server, err := dialTCP(target, connectWait)
	if err != nil {
		client.reset()
		return
	}
	p.keep(server, true)
	defer p.keep(server, false)
	defer server.Close()
	var both sync.WaitGroup
	both.Add(2)
	go func() {
		defer both.Done()
		p.pass(client, server, 0, 0)
	}()
	go func() {
		defer both.Done()
		p.pass(server, client, p.latency, p.jitter)
	}()
	both.Wait()
}

type piece struct {
	bytes []byte
	due   time.Time
	end   error // of the connection, in place of bytes
}

// pass copies one direction until its end, each piece when it is due.
func (p *proxy) pass(from, to *tcpConn, latency, jitter time.Duration) {
	pieces := make(chan piece, pipeBytes/pieceBytes)
	go func() {
		defer close(pieces)
		var last time.Time
		for {
			buffer := make([]byte, pieceBytes)
			count, err := from.Read(buffer)
			if count > 0 {
				due := time.Now().Add(latency)
				if jitter > 0 {
					due = due.Add(time.Duration(rand.Int64N(2*int64(jitter)+1)) - jitter)
				}
				if due.Before(last) {
					due = last
				}
				last = due
				pieces <- piece{bytes: buffer[:count], due: due}
			}
			if err != nil {
				due := time.Now().Add(p.close_)
				if due.Before(last) {
					due = last
				}
				pieces <- piece{end: err, due: due}
				return
			}
		}
	}()
	var broken error
	for one := range pieces {
		if broken != nil {
			continue
		}
		p.waitUntil(one.due, one.end != nil && p.close_ > 0 || one.end == nil && latency+jitter > 0)
		if one.end == nil {
			if _, broken = to.Write(one.bytes); broken != nil {
				// The other direction hears of it, too.
				from.reset()
			}
			continue
		}
		if errors.Is(one.end, io.EOF) {
			_ = to.closeWrite()
		} else {
			to.reset()
		}
	}
}

// waitUntil waits, and counts what had to.
func (p *proxy) waitUntil(due time.Time, counts bool) {
	select {
	case <-p.released:
		return
	default:
	}
	wait := time.Until(due)
	if counts {
		p.delayed.Add(1)
	}
	if wait <= 0 {
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.released:
	}
}

// release ends all delays, also those that are under way.
func (p *proxy) release() { p.releaseOnce.Do(func() { close(p.released) }) }

// closeAll ends what is still open; it gives how many connections of clients these were.
func (p *proxy) closeAll() int {
	p.release()
	count := int(p.open.Load())
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
	return count
}

func (p *proxy) close() { _ = p.listener.Close() }
