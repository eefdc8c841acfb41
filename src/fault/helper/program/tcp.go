package main

import (
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TCP without Go's network package (netlink.go says why): sockets as files that the runtime waits for.

type tcpConn struct {
	*os.File
	remote netip.AddrPort
}

func connOf(fd int, remote netip.AddrPort) *tcpConn {
	// As every proxy does: small pieces are not to wait for each other.
	_ = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	return &tcpConn{os.NewFile(uintptr(fd), "tcp"), remote}
}

func (c *tcpConn) control(call func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	if err := raw.Control(func(fd uintptr) { failure = call(int(fd)) }); err != nil {
		return err
	}
	return failure
}

func (c *tcpConn) closeWrite() error {
	return c.control(func(fd int) error { return unix.Shutdown(fd, unix.SHUT_WR) })
}

// reset ends it without a farewell.
func (c *tcpConn) reset() {
	_ = c.control(func(fd int) error {
		return unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	})
	_ = c.Close()
}

// listenTCP listens at a free port of all addresses, of both families where there are both.
func listenTCP() (*os.File, uint16, error) {
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	var any unix.Sockaddr = &unix.SockaddrInet6{}
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	} else {
		any = &unix.SockaddrInet4{}
		fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	}
	if err != nil {
		return nil, 0, err
	}
	file := os.NewFile(uintptr(fd), "listener")
	if err := unix.Bind(fd, any); err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	if err := unix.Listen(fd, 4096); err != nil {
		_ = file.Close()
		return nil, 0, err
	}
	name, err := unix.Getsockname(fd)
	return file, addressOf(name).Port(), err
}

// accept waits for the next connection.
func accept(listener *os.File) (*tcpConn, error) {
	raw, err := listener.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var from unix.Sockaddr
	var failure error
	err = raw.Read(func(listening uintptr) bool {
		fd, from, failure = unix.Accept4(int(listening), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		return failure != unix.EAGAIN && failure != unix.EINTR
	})
	if err != nil {
		return nil, err
	}
	if failure != nil {
		return nil, failure
	}
	return connOf(fd, addressOf(from)), nil
}

func dialTCP(to netip.AddrPort, atMost time.Duration) (*tcpConn, error) {
	family, address := unix.AF_INET, unix.Sockaddr(nil)
	if to.Addr().Is4() {
		address = &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}
	} else {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	conn := connOf(fd, to)
	if err := unix.Connect(fd, address); err != nil && err != unix.EINPROGRESS {
		_ = conn.Close()
		return nil, err
	}
	if err := conn.untilConnected(atMost); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *tcpConn) untilConnected(atMost time.Duration) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	_ = c.SetWriteDeadline(time.Now().Add(atMost))
	var failure error
	err = raw.Write(func(fd uintptr) bool {
		if code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); err != nil {
			failure = err
		} else if code != 0 {
			failure = unix.Errno(code)
		} else {
			_, err := unix.Getpeername(int(fd))
			return err == nil
		}
		return true
	})
	_ = c.SetWriteDeadline(time.Time{})
	if err != nil {
		return err
	}
	return failure
}

func addressOf(address unix.Sockaddr) netip.AddrPort {
	switch known := address.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(known.Addr), uint16(known.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(known.Addr).Unmap(), uint16(known.Port))
	}
	return netip.AddrPort{}
}

const soOriginalDst = 80

// originalDestination is where a redirected connection was going.
func (c *tcpConn) originalDestination() (netip.AddrPort, error) {
	var found netip.AddrPort
	err := c.control(func(fd int) error {
		if c.remote.Addr().Is4() {
			var address unix.RawSockaddrInet4
			err := getsockopt(fd, unix.SOL_IP, unsafe.Pointer(&address), unsafe.Sizeof(address))
			found = netip.AddrPortFrom(netip.AddrFrom4(address.Addr), networkOrder(address.Port))
			return err
		}
		var address unix.RawSockaddrInet6
		err := getsockopt(fd, unix.SOL_IPV6, unsafe.Pointer(&address), unsafe.Sizeof(address))
		found = netip.AddrPortFrom(netip.AddrFrom16(address.Addr), networkOrder(address.Port))
		return err
	})
	return found, err
}

func getsockopt(fd int, level uintptr, value unsafe.Pointer, size uintptr) error {
	length := uint32(size)
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), level, soOriginalDst, uintptr(value), uintptr(unsafe.Pointer(&length)), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func networkOrder(port uint16) uint16 {
	bytes := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(bytes[0])<<8 | uint16(bytes[1])
}
