package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// stress takes what its own cgroup has: it runs in the target's container, else it would not hurt. The cgroup's counters are the proof.
type stress struct {
	spec     fault
	begin    func(*stress) error
	running  atomic.Bool
	workers  sync.WaitGroup
	memory   []byte
	touched  atomic.Uint64
	before   counters
	deadline time.Time
	over     bool
	last     proof
}

func newCPUStress(spec fault) (*stress, error) {
	if !(spec.Cores > 0 && spec.Cores <= 1024) {
		return nil, refuse("cores", "the number of processors has to be above 0")
	}
	return &stress{spec: spec, begin: burn}, nil
}

func newMemoryStress(spec fault) (*stress, error) {
	if spec.Bytes == 0 || spec.Bytes > 1<<44 {
		return nil, refuse("bytes", "the amount of memory has to be above 0")
	}
	return &stress{spec: spec, begin: take}, nil
}

func (s *stress) prepare() (armed, error) {
	now, err := readCounters()
	if err != nil {
		return armed{}, err
	}
	if s.spec.Kind == "cpuStress" {
		note := ""
		if now.cpuLimit > 0 && s.spec.Cores > now.cpuLimit {
			note = fmt.Sprintf("the container may use %.4g processors: no more will be used", now.cpuLimit)
		}
		return armed{Text: fmt.Sprintf("keeps %g processors busy", s.spec.Cores), On: []string{now.folder}, Note: note}, nil
	}
	note := ""
	if now.memoryLimit > 0 && now.memory+s.spec.Bytes > now.memoryLimit {
		note = fmt.Sprintf("the container uses %d MB of %d MB: the kernel will end a process of it", now.memory>>20, now.memoryLimit>>20)
	}
	return armed{Text: fmt.Sprintf("takes %d MB of memory", s.spec.Bytes>>20), On: []string{now.folder}, Note: note}, nil
}

func (s *stress) start(duration time.Duration) error {
	before, err := readCounters()
	if err != nil {
		return err
	}
	s.before, s.deadline = before, time.Now().Add(duration)
	s.running.Store(true)
	return s.begin(s)
}

// burn keeps processors busy: whole ones by a thread each, the rest of one by a thread that rests in between.
func burn(s *stress) error {
	whole, part := math.Modf(s.spec.Cores)
	// One more, so that an order is heard.
	runtime.GOMAXPROCS(int(whole) + 2)
	work := func(share float64) {
		defer s.workers.Done()
		runtime.LockOSThread()
		const period = 20 * time.Millisecond
		for s.running.Load() {
			busy := time.Now().Add(time.Duration(share * float64(period)))
			for time.Now().Before(busy) && s.running.Load() {
			}
			if share < 1 {
				time.Sleep(time.Duration((1 - share) * float64(period)))
			}
		}
	}
	for range int(whole) {
		s.workers.Add(1)
		go work(1)
	}
	if part > 0 {
		s.workers.Add(1)
		go work(part)
	}
	return nil
}

// take asks for memory and writes to each page of it, so that it is really had.
func take(s *stress) error {
	// The kernel ends this process before any other of the container, where it has to end one.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0o644)
	memory, err := unix.Mmap(-1, 0, int(s.spec.Bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return refuse("memory", fmt.Sprintf("%d MB can't be had: %v", s.spec.Bytes>>20, err))
	}
	s.memory = memory
	s.workers.Add(1)
	go func() {
		defer s.workers.Done()
		for at := 0; at < len(memory) && s.running.Load(); at += os.Getpagesize() {
			memory[at] = byte(at>>12) | 1
			s.touched.Store(uint64(at + os.Getpagesize()))
		}
	}()
	return nil
}

func (s *stress) left() (time.Duration, bool) { return time.Until(s.deadline), s.running.Load() }

func (s *stress) proof() proof {
	if s.over || !s.running.Load() {
		return s.last
	}
	now, err := readCounters()
	if err != nil {
		return proof{Text: err.Error()}
	}
	used := float64(now.cpuUsed-s.before.cpuUsed) / 1000
	throttled := float64(now.throttled-s.before.throttled) / 1000
	found := proof{CPUUsedMs: &used, CPUThrottledMs: &throttled, MemoryBytes: &now.memory}
	if now.memoryLimit > 0 {
		found.MemoryLimitBytes = &now.memoryLimit
	}
	if s.spec.Kind == "cpuStress" {
		found.Proven = used >= 50
		found.Text = fmt.Sprintf("the container’s cgroup used %.1f s of processor time, and waited %.1f s for more", used/1000, throttled/1000)
	} else {
		found.Proven = s.touched.Load() > 0 && now.memory >= s.before.memory+s.touched.Load()/2
		found.Text = fmt.Sprintf("the container’s cgroup has %d MB in use, before %d MB", now.memory>>20, s.before.memory>>20)
	}
	s.last = found
	return found
}

func (s *stress) stop() bool {
	if s.over {
		return true
	}
	s.proof()
	s.over = true
	s.running.Store(false)
	s.workers.Wait()
	if s.memory != nil {
		err := unix.Munmap(s.memory)
		s.memory = nil
		return err == nil
	}
	return true
}

func (s *stress) drained(bool) (bool, int) { return true, 0 }

func (s *stress) instant() bool { return false }

// counters of the cgroup of this process. Microseconds and bytes; 0: no limit.
type counters struct {
	folder              string
	cpuUsed, throttled  uint64
	cpuLimit            float64
	memory, memoryLimit uint64
}

func readCounters() (counters, error) {
	if folder := cgroupFolder("", "cpu.stat"); folder != "" {
		if stat := textIn(folder, "cpu.stat"); strings.Contains(stat, "usage_usec") {
			found := counters{
				folder: folder, cpuUsed: valueOf(stat, "usage_usec"), throttled: valueOf(stat, "throttled_usec"),
				memory: numberIn(folder, "memory.current"), memoryLimit: numberIn(folder, "memory.max"),
			}
			var quota, period float64
			if _, err := fmt.Sscan(textIn(folder, "cpu.max"), &quota, &period); err == nil && period > 0 {
				found.cpuLimit = quota / period
			}
			return found, nil
		}
	}
	// Version 1: each resource has a tree of its own, and other units.
	used := numberIn(cgroupFolder("cpuacct", "cpuacct.usage"), "cpuacct.usage")
	if used == 0 {
		return counters{}, refuse("cgroup", "the counters of the container’s cgroup can’t be read: an effect could not be proven")
	}
	cpu, memory := cgroupFolder("cpu", "cpu.stat"), cgroupFolder("memory", "memory.usage_in_bytes")
	found := counters{
		folder: cpu, cpuUsed: used / 1000, throttled: valueOf(textIn(cpu, "cpu.stat"), "throttled_time") / 1000,
		memory: numberIn(memory, "memory.usage_in_bytes"), memoryLimit: numberIn(memory, "memory.limit_in_bytes"),
	}
	if found.memoryLimit > 1<<60 {
		found.memoryLimit = 0
	}
	if quota, period := numberIn(cpu, "cpu.cfs_quota_us"), numberIn(cpu, "cpu.cfs_period_us"); quota > 0 && period > 0 {
		found.cpuLimit = float64(quota) / float64(period)
	}
	return found, nil
}

// cgroupFolder is where a resource's cgroup of this process is, by a file that has to be there ("": version 2, which has one tree for
// all). In a container its own cgroup is mostly the root of what is mounted.
func cgroupFolder(resource, file string) string {
	const root = "/sys/fs/cgroup"
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, line := range strings.Split(string(groups), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) < 3 || !slices.Contains(strings.Split(parts[1], ","), resource) {
			continue
		}
		for _, folder := range []string{filepath.Join(root, parts[1], parts[2]), filepath.Join(root, parts[1]), filepath.Join(root, resource)} {
			if _, err := os.Stat(filepath.Join(folder, file)); err == nil {
				return folder
			}
		}
	}
	return ""
}

func textIn(folder, name string) string {
	text, _ := os.ReadFile(filepath.Join(folder, name))
	return string(text)
}

func valueOf(text, name string) uint64 {
	for _, line := range strings.Split(text, "\n") {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			number, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
			return number
		}
	}
	return 0
}

// numberIn is 0 for what is not there or is "max".
func numberIn(folder, name string) uint64 {
	number, _ := strconv.ParseUint(strings.TrimSpace(textIn(folder, name)), 10, 64)
	return number
}
