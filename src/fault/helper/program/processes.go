package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// targetProcesses are those of the target's container, the first one first: where its id is known and shows in a cgroup's name, these;
// else all that see the same files as process 1. Never this helper's own.
func targetProcesses(containerID string) ([]int, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	own, _ := os.Readlink("/proc/self/ns/mnt")
	first, err := os.Readlink("/proc/1/ns/mnt")
	if err != nil {
		return nil, refuse("capability", "process 1 can't be looked at (the capability SYS_PTRACE is missing, or something forbids it): "+err.Error())
	}
	var byCgroup, byFiles []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		mount, err := os.Readlink(filepath.Join("/proc", entry.Name(), "ns/mnt"))
		if err != nil || mount == own {
			continue
		}
		if mount == first {
			byFiles = append(byFiles, pid)
		}
		if containerID != "" {
			if groups, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cgroup")); err == nil && strings.Contains(string(groups), containerID) {
				byCgroup = append(byCgroup, pid)
			}
		}
	}
	found := byCgroup
	if len(found) == 0 && containerID != "" && field(1, "Name") == "pause" {
		// All containers of the pod share their processes, and which are meant does not show.
		return nil, refuse("noProcess", "the pod's containers share their processes, and which of them are the target's can't be told here")
	}
	if len(found) == 0 {
		found = byFiles
	}
	if len(found) == 0 {
		return nil, refuse("noProcess", "no process of the target is seen from here: the container runtime does not share its processes")
	}
	slices.Sort(found)
	return found, nil
}

func threadsOf(pid int) []int {
	entries, err := os.ReadDir(filepath.Join("/proc", strconv.Itoa(pid), "task"))
	if err != nil {
		return nil
	}
	var found []int
	for _, entry := range entries {
		if tid, err := strconv.Atoi(entry.Name()); err == nil {
			found = append(found, tid)
		}
	}
	return found
}

// field is a line of a thread's status: "State", "TracerPid".
func field(tid int, name string) string {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(tid), "status"))
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(status), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// mayTrace asks the kernel for the same right that tracing needs, without tracing: by reading where no process has anything. The file
// /proc/PID/mem would not do: it belongs to the target's user, and who is not that one is refused by its mode already.
func mayTrace(pid int) error {
	var byte_ [1]byte
	local := []unix.Iovec{{Base: &byte_[0], Len: 1}}
	_, err := unix.ProcessVMReadv(pid, local, []unix.RemoteIovec{{Base: 0x10, Len: 1}}, 0)
	if err == unix.EPERM {
		return refuse("capability", "process "+strconv.Itoa(pid)+" can't be held: the capability SYS_PTRACE is missing, or something forbids it")
	}
	if tracer := field(pid, "TracerPid"); tracer != "0" && tracer != "" {
		return refuse("traced", "process "+strconv.Itoa(pid)+" is held by another debugger already")
	}
	return nil
}
