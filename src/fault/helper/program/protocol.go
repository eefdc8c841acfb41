package main

import (
	"encoding/json"
	"os"
	"sync"
	"time"
)

// The other side is ../protocol.ts: what a field means stands there.

type request struct {
	ID         int64    `json:"id"`
	Do         string   `json:"do"`
	Name       string   `json:"name"`
	Fault      fault    `json:"fault"`
	DurationMs float64  `json:"durationMs"`
	NotAfter   float64  `json:"notAfter"`
	Addresses  []string `json:"addresses"`
}

type fault struct {
	Kind        string    `json:"kind"`
	Direction   string    `json:"direction"`
	Peers       *[]string `json:"peers"`
	Exempt      exempt    `json:"exempt"`
	Percent     float64   `json:"percent"`
	LatencyMs   float64   `json:"latencyMs"`
	JitterMs    float64   `json:"jitterMs"`
	DelayMs     float64   `json:"delayMs"`
	Port        int       `json:"port"`
	Existing    string    `json:"existing"`
	LingerMs    float64   `json:"lingerMs"`
	ContainerID string    `json:"containerId"`
	Cores       float64   `json:"cores"`
	Bytes       uint64    `json:"bytes"`
}

type exempt struct {
	Addresses []string `json:"addresses"`
	Kubelet   bool     `json:"kubelet"`
	DNS       bool     `json:"dns"`
}

type proof struct {
	Proven           bool     `json:"proven"`
	Text             string   `json:"text"`
	PacketsIn        *uint64  `json:"packetsIn,omitempty"`
	PacketsOut       *uint64  `json:"packetsOut,omitempty"`
	Connections      *int64   `json:"connections,omitempty"`
	Open             *int64   `json:"open,omitempty"`
	Delayed          *int64   `json:"delayed,omitempty"`
	Reset            *int     `json:"reset,omitempty"`
	Unaffected       *int     `json:"unaffected,omitempty"`
	Processes        *int     `json:"processes,omitempty"`
	Threads          *int     `json:"threads,omitempty"`
	CPUUsedMs        *float64 `json:"cpuUsedMs,omitempty"`
	CPUThrottledMs   *float64 `json:"cpuThrottledMs,omitempty"`
	MemoryBytes      *uint64  `json:"memoryBytes,omitempty"`
	MemoryLimitBytes *uint64  `json:"memoryLimitBytes,omitempty"`
}

type armed struct {
	Text string   `json:"text"`
	On   []string `json:"on"`
	Note string   `json:"note,omitempty"`
}

type applied struct {
	From   float64  `json:"from"`
	To     float64  `json:"to"`
	LeftMs *float64 `json:"leftMs,omitempty"`
	Proof  proof    `json:"proof"`
}

type healed struct {
	Was      bool    `json:"was"`
	Verified bool    `json:"verified"`
	TookMs   float64 `json:"tookMs"`
	Proof    *proof  `json:"proof,omitempty"`
}

type mechanismCheck struct {
	Possible bool   `json:"possible"`
	Why      string `json:"why,omitempty"`
	Note     string `json:"note,omitempty"`
}

// refusal is an error with a code that the other side may decide by.
type refusal struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (r *refusal) Error() string { return r.Text }

func refuse(code, text string) error { return &refusal{code, text} }

func refusalOf(err error) *refusal {
	if known, ok := err.(*refusal); ok {
		return known
	}
	return &refusal{"failed", err.Error()}
}

var started = time.Now()

// nowMs is the clock of all that is said: monotonic, from the start of this process.
func nowMs() float64 { return float64(time.Since(started).Microseconds()) / 1000 }

func ms(value float64) time.Duration { return time.Duration(value * float64(time.Millisecond)) }

// output writes lines without ever holding up the one who speaks: what nobody takes must not delay a heal.
type output struct {
	lines   chan []byte
	written sync.WaitGroup
}

func newOutput(file *os.File) *output {
	o := &output{lines: make(chan []byte, 4096)}
	go func() {
		for line := range o.lines {
			_, _ = file.Write(line)
			o.written.Done()
		}
	}()
	return o
}

func (o *output) say(what any) {
	line, err := json.Marshal(what)
	if err != nil {
		return
	}
	o.written.Add(1)
	select {
	case o.lines <- append(line, '\n'):
	default:
		o.written.Done()
	}
}

// flush waits until all is written, at most so long.
func (o *output) flush(atMost time.Duration) {
	done := make(chan struct{})
	go func() {
		o.written.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(atMost):
	}
}

func pointer[T any](value T) *T { return &value }
