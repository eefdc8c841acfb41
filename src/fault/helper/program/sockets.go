package main

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Connections of this network namespace, as the kernel lists and ends them (sock_diag; `ss` and `ss -K` do the same).

const (
	sockDiagByFamily = 20
	sockDestroy      = 21
	sockIDBytes      = 48
	stateListening   = 1 << 10
	// All but listening, waiting after their end, and closed.
	statesOfConnections = ^uint32(0) &^ (stateListening | 1<<6 | 1<<7 | 1<<12 | 1)
)

type connection struct {
	family byte
	id     []byte // what identifies it, as the kernel gave it
	local  netip.AddrPort
	remote netip.AddrPort
}

func openDiag() (*netlink, error) { return openNetlink(unix.NETLINK_SOCK_DIAG) }

func diagRequest(family byte, states uint32, id []byte) []byte {
	bytes := []byte{family, unix.IPPROTO_TCP, 0, 0}
	bytes = binary.NativeEndian.AppendUint32(bytes, states)
	return append(bytes, id...)
}

// sockets of TCP in these states.
func sockets(diag *netlink, states uint32) ([]connection, error) {
	var found []connection
	for _, family := range []byte{unix.AF_INET, unix.AF_INET6} {
		messages, err := diag.ask(message{sockDiagByFamily, unix.NLM_F_DUMP, diagRequest(family, states, make([]byte, sockIDBytes))})
		if err != nil {
			return nil, err
		}
		for _, got := range messages {
			if one, ok := connectionOf(got.data); ok {
				found = append(found, one)
			}
		}
	}
	return found, nil
}

func listeningPorts(diag *netlink) (map[uint16]bool, error) {
	ports := map[uint16]bool{}
	found, err := sockets(diag, stateListening)
	for _, one := range found {
		ports[one.local.Port()] = true
	}
	return ports, err
}

// connectionsTo are those to a port of the pod (0: to any), without loopback and without those that `skip` names.
func connectionsTo(diag *netlink, port int, skip func(netip.Addr) bool) ([]connection, error) {
	listening, err := listeningPorts(diag)
	if err != nil {
		return nil, err
	}
	found, err := sockets(diag, statesOfConnections)
	if err != nil {
		return nil, err
	}
	var kept []connection
	for _, one := range found {
		local := one.local.Port()
		if one.remote.Addr().IsLoopback() || one.remote.Addr() == one.local.Addr() || skip(one.remote.Addr()) {
			continue
		}
		// What the pod itself has opened to others does not come in.
		if port == 0 && listening[local] || port != 0 && int(local) == port {
			kept = append(kept, one)
		}
	}
	return kept, nil
}

func connectionOf(data []byte) (connection, bool) {
	if len(data) < 4+sockIDBytes {
		return connection{}, false
	}
	id := append([]byte(nil), data[4:4+sockIDBytes]...)
	address := func(at int) netip.Addr {
		if data[0] == unix.AF_INET {
			return netip.AddrFrom4([4]byte(id[at : at+4]))
		}
		return netip.AddrFrom16([16]byte(id[at : at+16])).Unmap()
	}
	return connection{
		family: data[0],
		id:     id,
		local:  netip.AddrPortFrom(address(4), binary.BigEndian.Uint16(id[0:])),
		remote: netip.AddrPortFrom(address(20), binary.BigEndian.Uint16(id[2:])),
	}, true
}

// destroy ends them with a reset to both sides; it gives how many.
func destroy(diag *netlink, connections []connection) (int, error) {
	ended := 0
	for _, one := range connections {
		_, err := diag.ask(message{sockDestroy, unix.NLM_F_ACK, diagRequest(one.family, statesOfConnections, one.id)})
		switch {
		case err == nil:
			ended++
		case errors.Is(err, unix.ENOENT):
			// It ended by itself meanwhile.
		default:
			return ended, err
		}
	}
	return ended, nil
}

// canDestroy asks for the end of a connection that there is not.
func canDestroy() error {
	diag, err := openDiag()
	if err != nil {
		return err
	}
	defer diag.close()
	id := make([]byte, sockIDBytes)
	binary.BigEndian.PutUint16(id[0:], 1)
	binary.BigEndian.PutUint16(id[2:], 1)
	copy(id[4:], []byte{127, 255, 255, 254})
	copy(id[20:], []byte{127, 255, 255, 254})
	for at := sockIDBytes - 8; at < sockIDBytes; at++ {
		id[at] = 0xff // no cookie
	}
	_, err = diag.ask(message{sockDestroy, unix.NLM_F_ACK, diagRequest(unix.AF_INET, statesOfConnections, id)})
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
