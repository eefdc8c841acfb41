package main

import (
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Netlink, as far as it is needed here. Of ours, because the libraries for it bring Go's whole network package: half as much again for a
// program that is sent into each pod, and twice in each package.

type netlink struct {
	fd       int
	mu       sync.Mutex
	sequence uint32
}

type message struct {
	kind, flags uint16
	data        []byte
}

type reply struct {
	kind, flags uint16
	sequence    uint32
	data        []byte
}

const replyBytes = 1 << 18

func openNetlink(protocol int) (*netlink, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &netlink{fd: fd}, nil
}

func (n *netlink) close() { _ = unix.Close(n.fd) }

// send gives the sequence number of the first; the others follow it.
func (n *netlink) send(messages []message) (uint32, error) {
	first := n.sequence + 1
	var all []byte
	for _, one := range messages {
		n.sequence++
		all = binary.NativeEndian.AppendUint32(all, uint32(unix.NLMSG_HDRLEN+len(one.data)))
		all = binary.NativeEndian.AppendUint16(all, one.kind)
		all = binary.NativeEndian.AppendUint16(all, one.flags|unix.NLM_F_REQUEST)
		all = binary.NativeEndian.AppendUint32(all, n.sequence)
		all = binary.NativeEndian.AppendUint32(all, 0)
		all = padded(append(all, one.data...))
	}
	return first, unix.Sendto(n.fd, all, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// receive waits for what comes next; EAGAIN: nothing in that time.
func (n *netlink) receive(atMost time.Duration) ([]reply, error) {
	limit := unix.NsecToTimeval(atMost.Nanoseconds())
	if err := unix.SetsockoptTimeval(n.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return nil, err
	}
	buffer := make([]byte, replyBytes)
	var count int
	for {
		var err error
		if count, _, err = unix.Recvfrom(n.fd, buffer, 0); err == nil {
			break
		} else if err != unix.EINTR {
			return nil, err
		}
	}
	var found []reply
	for rest := buffer[:count]; len(rest) >= unix.NLMSG_HDRLEN; {
		length := int(binary.NativeEndian.Uint32(rest))
		if length < unix.NLMSG_HDRLEN || length > len(rest) {
			return nil, errors.New("the kernel’s answer is cut off")
		}
		found = append(found, reply{
			kind: binary.NativeEndian.Uint16(rest[4:]), flags: binary.NativeEndian.Uint16(rest[6:]),
			sequence: binary.NativeEndian.Uint32(rest[8:]), data: rest[unix.NLMSG_HDRLEN:length],
		})
		rest = rest[min(aligned(length), len(rest)):]
	}
	return found, nil
}

// failure of an answer that tells one; nil: it is an acknowledgement. Only of NLMSG_ERROR and NLMSG_DONE.
func (r reply) failure() error {
	if len(r.data) < 4 {
		return nil
	}
	if code := int32(binary.NativeEndian.Uint32(r.data)); code < 0 {
		return unix.Errno(-code)
	}
	return nil
}

const answerWait = 5 * time.Second

// ask sends one and gives what is answered to it, until its acknowledgement or the end of what it lists.
func (n *netlink) ask(one message) ([]reply, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	first, err := n.send([]message{one})
	if err != nil {
		return nil, err
	}
	var found []reply
	for limit := time.Now().Add(answerWait); ; {
		replies, err := n.receive(max(time.Until(limit), time.Millisecond))
		if err != nil {
			return nil, err
		}
		for _, got := range replies {
			switch {
			case got.sequence != first:
			case got.kind == unix.NLMSG_ERROR || got.kind == unix.NLMSG_DONE:
				return found, got.failure()
			default:
				found = append(found, got)
			}
		}
	}
}

// askAll sends them as one; the error is that of the first that failed, with its place. Each is to ask for an acknowledgement; what has
// no flags at all (the bounds of a batch) does not.
func (n *netlink) askAll(messages []message) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	first, err := n.send(messages)
	if err != nil {
		return 0, err
	}
	waiting := map[uint32]bool{}
	for index, one := range messages {
		if one.flags&unix.NLM_F_ACK != 0 {
			waiting[first+uint32(index)] = true
		}
	}
	place, failure := 0, error(nil)
	for limit := time.Now().Add(answerWait); len(waiting) > 0; {
		wait := max(time.Until(limit), time.Millisecond)
		if failure != nil {
			// The whole batch may be refused at its beginning: then nothing more comes.
			wait = 20 * time.Millisecond
		}
		replies, err := n.receive(wait)
		if err != nil {
			if failure == nil {
				failure = err
			}
			break
		}
		for _, got := range replies {
			index := int(got.sequence - first)
			if got.kind != unix.NLMSG_ERROR || index < 0 || index >= len(messages) {
				continue
			}
			delete(waiting, got.sequence)
			if err := got.failure(); err != nil && failure == nil {
				place, failure = index, err
			}
		}
	}
	return place, failure
}

func aligned(length int) int { return (length + 3) &^ 3 }

func padded(bytes []byte) []byte {
	for len(bytes)%4 != 0 {
		bytes = append(bytes, 0)
	}
	return bytes
}

// encoder writes attributes; numbers in the network's order.
type encoder struct{ bytes []byte }

func (e *encoder) Bytes(kind uint16, value []byte) {
	e.bytes = binary.NativeEndian.AppendUint16(e.bytes, uint16(4+len(value)))
	e.bytes = binary.NativeEndian.AppendUint16(e.bytes, kind)
	e.bytes = padded(append(e.bytes, value...))
}

func (e *encoder) String(kind uint16, value string) { e.Bytes(kind, append([]byte(value), 0)) }

func (e *encoder) Uint32(kind uint16, value uint32) {
	e.Bytes(kind, binary.BigEndian.AppendUint32(nil, value))
}

func (e *encoder) Uint64(kind uint16, value uint64) {
	e.Bytes(kind, binary.BigEndian.AppendUint64(nil, value))
}

// attributes writes one level of them.
func attributes(write func(*encoder)) []byte {
	var e encoder
	write(&e)
	return e.bytes
}

func nested(e *encoder, kind uint16, write func(*encoder)) {
	e.Bytes(kind|unix.NLA_F_NESTED, attributes(write))
}

// each calls for every attribute of a kind.
func each(bytes []byte, kind uint16, call func([]byte)) {
	for len(bytes) >= 4 {
		length := int(binary.NativeEndian.Uint16(bytes))
		if length < 4 || length > len(bytes) {
			return
		}
		if binary.NativeEndian.Uint16(bytes[2:])&^uint16(unix.NLA_F_NESTED|unix.NLA_F_NET_BYTEORDER) == kind {
			call(bytes[4:length])
		}
		bytes = bytes[min(aligned(length), len(bytes)):]
	}
}

func stringOf(bytes []byte, kind uint16) (string, bool) {
	found, ok := "", false
	each(bytes, kind, func(value []byte) { found, ok = unix.ByteSliceToString(value), true })
	return found, ok
}
