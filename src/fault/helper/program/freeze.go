package main

import (
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	ptraceSeize     = 0x4206
	ptraceInterrupt = 0x4207
	optionExitKill  = 0x100000
	// How long a thread may take to stop: one that waits for a disk does not hear.
	stopWait = 2 * time.Second
)

func ptrace(request, tid, data int) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(tid), 0, uintptr(data), 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// freeze holds all threads of the target's container in a stop of their tracer, which is one thread of this process: they go on when it
// lets them, when this process dies, and the kernel's timer lets it die at the deadline.
type freeze struct {
	spec     fault
	work     chan func()
	held     map[int]int // thread → signal that it was about to get
	gone     map[int]bool
	pids     []int
	deadline time.Time
	frozen   bool
	over     bool
	last     proof
}

func newFreeze(spec fault) *freeze {
	f := &freeze{spec: spec, held: map[int]int{}, gone: map[int]bool{}, work: make(chan func())}
	go func() {
		// Who traces is a thread, not a process.
		runtime.LockOSThread()
		for call := range f.work {
			call()
		}
	}()
	return f
}

func (f *freeze) onTracer(call func()) {
	done := make(chan struct{})
	f.work <- func() {
		call()
		close(done)
	}
	<-done
}

func (f *freeze) prepare() (armed, error) {
	pids, err := targetProcesses(f.spec.ContainerID)
	if err != nil {
		return armed{}, err
	}
	threads := 0
	names := []string{}
	for _, pid := range pids {
		if err := mayTrace(pid); err != nil {
			return armed{}, err
		}
		threads += len(threadsOf(pid))
		names = append(names, fmt.Sprintf("%d %s", pid, field(pid, "Name")))
	}
	if err := ptraceAllowed(); err != nil {
		return armed{}, err
	}
	return armed{Text: fmt.Sprintf("holds %s of %s", counted(threads, "thread", "threads"), counted(len(pids), "process", "processes")), On: names}, nil
}

// counted is "1 thread", "2 threads".
func counted(count int, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}

// ptraceAllowed tells whether the call itself is let through, by asking for a thread that there is not.
func ptraceAllowed() error {
	err := ptrace(ptraceSeize, 1<<22+1, 0)
	if err == unix.ESRCH {
		return nil
	}
	return refuse("ptrace", fmt.Sprintf("holding processes is forbidden here (seccomp, or the kernel’s setting): %v", err))
}

func (f *freeze) start(duration time.Duration) error {
	f.deadline = time.Now().Add(duration)
	var err error
	f.onTracer(func() { err = f.hold() })
	if err != nil {
		f.stop()
		return err
	}
	f.frozen = true
	return nil
}

// hold stops threads until a look finds none that is not held: a running one may start others meanwhile.
func (f *freeze) hold() error {
	for {
		pids, err := targetProcesses(f.spec.ContainerID)
		if err != nil {
			return err
		}
		fresh := []int{}
		for _, pid := range pids {
			for _, tid := range threadsOf(pid) {
				if _, known := f.held[tid]; known || f.gone[tid] {
					continue
				}
				err := ptrace(ptraceSeize, tid, 0)
				if err == unix.ESRCH || err == unix.EPERM && isDead(tid) {
					f.gone[tid] = true
					continue
				}
				if err != nil {
					return refuse("ptrace", fmt.Sprintf("thread %d can't be held: %v", tid, err))
				}
				f.held[tid] = 0
				if err := ptrace(ptraceInterrupt, tid, 0); err != nil && err != unix.ESRCH {
					return refuse("ptrace", fmt.Sprintf("thread %d can't be stopped: %v", tid, err))
				}
				fresh = append(fresh, tid)
			}
		}
		f.pids = pids
		if len(fresh) == 0 {
			return nil
		}
		if err := f.await(fresh); err != nil {
			return err
		}
	}
}

func isDead(tid int) bool {
	state := field(tid, "State")
	return state == "" || state[0] == 'Z' || state[0] == 'X'
}

func (f *freeze) await(threads []int) error {
	limit := time.Now().Add(stopWait)
	for _, tid := range threads {
		for {
			var status unix.WaitStatus
			got, err := unix.Wait4(tid, &status, unix.WALL|unix.WNOHANG, nil)
			if err == unix.EINTR {
				continue
			}
			if err != nil || got == tid && !status.Stopped() {
				delete(f.held, tid)
				f.gone[tid] = true
				break
			}
			if got == tid {
				// It was about to get a signal, which must not be lost.
				if uint32(status)>>16 == 0 {
					f.held[tid] = int(status.StopSignal())
				}
				break
			}
			if time.Now().After(limit) {
				return refuse("ptrace", fmt.Sprintf("thread %d did not stop within %v", tid, stopWait))
			}
			time.Sleep(200 * time.Microsecond)
		}
	}
	return nil
}

// left: threads that are held tell it, and the timer that ends their holder is armed with the deadline.
func (f *freeze) left() (time.Duration, bool) {
	for tid := range f.held {
		if isStopped(tid) {
			return time.Until(f.deadline), true
		}
	}
	return 0, false
}

func isStopped(tid int) bool {
	state := field(tid, "State")
	return state != "" && state[0] == 't'
}

// stopped counts the threads that stand still by the kernel's word.
func (f *freeze) stopped() int {
	count := 0
	for tid := range f.held {
		if isStopped(tid) {
			count++
		}
	}
	return count
}

func (f *freeze) allGone() bool {
	for tid := range f.held {
		if !isDead(tid) {
			return false
		}
	}
	return true
}

func (f *freeze) proof() proof {
	if f.over {
		return f.last
	}
	if !f.frozen {
		return proof{Text: "nothing is held"}
	}
	stopped, processes := f.stopped(), len(f.pids)
	f.last = proof{
		Proven: stopped > 0 && stopped == len(f.held), Text: fmt.Sprintf("%d of %s of %s stand still", stopped, counted(len(f.held), "thread", "threads"), counted(processes, "process", "processes")),
		Processes: &processes, Threads: &stopped,
	}
	return f.last
}

func (f *freeze) stop() bool {
	if f.over {
		return true
	}
	f.proof()
	f.over = true
	f.onTracer(func() {
		for tid, signal := range f.held {
			_ = ptrace(unix.PTRACE_DETACH, tid, signal)
		}
	})
	// The tracer's end is a second way to the same.
	close(f.work)
	for limit := time.Now().Add(200 * time.Millisecond); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if f.released() {
			return true
		}
	}
	return f.released()
}

func (f *freeze) released() bool {
	for tid := range f.held {
		if tracer := field(tid, "TracerPid"); tracer != "0" && tracer != "" {
			return false
		}
	}
	return true
}

func (f *freeze) drained(bool) (bool, int) { return true, 0 }

func (f *freeze) instant() bool { return false }

// crash kills the first process of the target's container as the kernel would: by being its tracer, with the order that it is to die
// with it. A signal from inside its process namespace would not reach process 1.
type crash struct {
	spec    fault
	pid     int
	seized  chan error
	leave   chan struct{}
	started bool
}

func newCrash(spec fault) *crash {
	return &crash{spec: spec, seized: make(chan error, 1), leave: make(chan struct{})}
}

func (c *crash) prepare() (armed, error) {
	pids, err := targetProcesses(c.spec.ContainerID)
	if err != nil {
		return armed{}, err
	}
	c.pid = pids[0]
	if err := mayTrace(c.pid); err != nil {
		return armed{}, err
	}
	if err := ptraceAllowed(); err != nil {
		return armed{}, err
	}
	return armed{Text: fmt.Sprintf("kills process %d (%s)", c.pid, field(c.pid, "Name")), On: []string{fmt.Sprint(c.pid)}}, nil
}

// start binds the process to a thread of this one.
func (c *crash) start(time.Duration) error {
	c.started = true
	go func() {
		runtime.LockOSThread()
		c.seized <- ptrace(ptraceSeize, c.pid, optionExitKill)
		<-c.leave
		// Returning without unlocking ends the thread, and with it the process that it traces.
	}()
	if err := <-c.seized; err != nil {
		return refuse("ptrace", fmt.Sprintf("process %d can't be held: %v", c.pid, err))
	}
	return nil
}

// How long a process may take to die: one that waits for a disk does not hear.
const deathWait = 2 * time.Second

// release kills it, and tells whether it is dead; where it is process 1 of the namespace, this is the last thing that happens here.
func (c *crash) release() bool {
	close(c.leave)
	for limit := time.Now().Add(deathWait); time.Now().Before(limit); time.Sleep(time.Millisecond) {
		if isDead(c.pid) {
			return true
		}
	}
	return isDead(c.pid)
}

func (c *crash) left() (time.Duration, bool) { return 0, false }

func (c *crash) proof() proof {
	return proof{Text: fmt.Sprintf("process %d is bound to die: that its container’s id changes is the proof", c.pid)}
}

func (c *crash) stop() bool { return true }

func (c *crash) drained(bool) (bool, int) { return true, 0 }

func (c *crash) instant() bool { return true }
