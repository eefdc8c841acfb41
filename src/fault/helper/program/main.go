// Command helper holds one fault in a pod. It speaks one JSON a line over standard input and output (protocol.go), starts without any
// effect, and every effect that it has ends without it: by its own death, and by a deadline that the kernel keeps.
package main

import (
	"bufio"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

// Set by the linker.
var version = "dev"

// What traces ends with its thread, and the first thread of a process does not end before the process: it is kept for main.
func init() {
	runtime.LockOSThread()
}

func main() {
	// Of a few megabytes that are never short of memory nothing has to be collected often: a pause would be measured as the fault's.
	debug.SetGCPercent(400)
	// Nothing of it stays in a file system that is not its own. What runs keeps its file.
	if len(os.Args) > 1 && os.Args[1] == "--own-file" {
		_ = os.Remove(os.Args[2])
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	// Who is at the other end may be gone: writing to it is to fail, not to kill.
	signal.Ignore(syscall.SIGPIPE)
	output := newOutput(os.Stdout)
	session := newSession(output, limitsFrom(os.Getenv))
	code := session.run(readLines(os.Stdin), signals)
	output.flush(100 * time.Millisecond)
	os.Exit(code)
}

// readLines gives the lines of input; its end closes the channel.
func readLines(input io.Reader) <-chan []byte {
	lines := make(chan []byte)
	go func() {
		defer close(lines)
		scanner := bufio.NewScanner(input)
		scanner.Buffer(make([]byte, 0, 64<<10), 4<<20)
		for scanner.Scan() {
			lines <- append([]byte(nil), scanner.Bytes()...)
		}
	}()
	return lines
}
