package main

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// killTimer is the kernel's own watch over this process: it is killed when the time is over, also when it is stopped or stuck. What it
// holds (its table, its tracees, its sockets, its memory) ends with it.
type killTimer struct{ id uintptr }

type sigevent struct {
	value  uint64
	signo  int32
	notify int32
	_      [48]byte
}

func newKillTimer() (*killTimer, error) {
	event := sigevent{signo: int32(unix.SIGKILL), notify: 0 /* SIGEV_SIGNAL */}
	var id int32
	_, _, errno := unix.Syscall(unix.SYS_TIMER_CREATE, unix.CLOCK_MONOTONIC, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&id)))
	if errno != 0 {
		return nil, errno
	}
	return &killTimer{uintptr(id)}, nil
}

// set makes it ring so long from now, and at no other time.
func (k *killTimer) set(after time.Duration) error {
	if after < time.Millisecond {
		after = time.Millisecond
	}
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(after.Nanoseconds())}
	_, _, errno := unix.Syscall6(unix.SYS_TIMER_SETTIME, k.id, 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
