package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// mechanism is one fault, from ready to gone. All of it is called by the session alone, one call after another.
type mechanism interface {
	// prepare makes everything ready that has no effect. What is not possible here fails now.
	prepare() (armed, error)
	// start begins; what lasts is ended by the kernel after the duration.
	start(duration time.Duration) error
	// left asks the kernel how much of it is left; false: it is not there any more.
	left() (time.Duration, bool)
	proof() proof
	// stop ends the effect; true: looked for, and not found any more. Also called on what was only prepared, or has ended.
	stop() bool
	// drained tells whether nothing at all is left that needs this process; closing what lingers when `force` says so.
	drained(force bool) (done bool, closed int)
	// instant: there is no duration, it is done with the start.
	instant() bool
}

// limits are how long it waits for whom. Tests make them shorter.
type limits struct {
	heartbeat, idle time.Duration
}

const (
	// longest is how long any fault may last.
	longest = 15 * time.Minute
	// late is how long after the moment at which it should have ended by itself the kernel ends this process.
	late = 600 * time.Millisecond
	tick = 100 * time.Millisecond
)

func limitsFrom(env func(string) string) limits {
	of := func(name string, otherwise time.Duration) time.Duration {
		if value, err := strconv.ParseFloat(env(name), 64); err == nil && value > 0 && ms(value) < otherwise {
			return ms(value)
		}
		return otherwise
	}
	return limits{of("FAULTLINE_HEARTBEAT_MS", 10*time.Second), of("FAULTLINE_IDLE_MS", 30*time.Second)}
}

type session struct {
	output   *output
	limits   limits
	lock     *killTimer
	current  mechanism
	since    time.Time // of the state
	heard    time.Time
	deadline time.Time // of what is under way
	linger   time.Duration
	state    string // "disarmed", "armed", "active", "lingering"
	leaving  bool
	code     int
	// What was under way last could not be seen to be gone.
	doubted bool
}

func newSession(output *output, limits limits) *session {
	return &session{output: output, limits: limits, state: "disarmed", since: time.Now(), heard: time.Now()}
}

// run is the whole life; it gives the exit code.
func (s *session) run(lines <-chan []byte, signals <-chan os.Signal) int {
	lock, err := newKillTimer()
	if err != nil {
		s.leave("no timer of the kernel can be had: "+err.Error(), 1)
		return s.code
	}
	s.lock = lock
	s.rearm()
	s.output.say(s.hello())
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for !s.leaving {
		select {
		case line, ok := <-lines:
			if !ok {
				s.end("inputEnded", "")
				s.leave("nobody is at the other end", 3)
				break
			}
			s.heard = time.Now()
			s.take(line)
		case <-signals:
			s.end("terminated", "")
			s.leave("it was told to end", 0)
		case <-ticker.C:
			s.watch()
		case <-s.untilDeadline():
			s.watch()
		}
		s.rearm()
	}
	s.close()
	takeQueuesAway()
	return s.code
}

// untilDeadline rings when what is under way should be over; a channel that never does where nothing is.
func (s *session) untilDeadline() <-chan time.Time {
	if s.state != "active" {
		return nil
	}
	return time.After(time.Until(s.deadline))
}

// rearm tells the kernel when this process has to be gone: whatever it is at.
func (s *session) rearm() {
	after := time.Until(s.heard.Add(s.limits.heartbeat)) + time.Second
	sooner := func(moment time.Time) { after = min(after, time.Until(moment)) }
	switch s.state {
	case "active":
		// A stop may take a moment; what lingers has its own bound afterwards.
		sooner(s.deadline.Add(late))
	case "lingering":
		sooner(s.deadline.Add(s.linger + 2*time.Second))
	default:
		sooner(s.since.Add(s.limits.idle + time.Second))
	}
	if err := s.lock.set(after); err != nil {
		s.end("lost", "the kernel's timer failed: "+err.Error())
		s.leave("the kernel's timer failed", 1)
	}
}

func (s *session) enter(state string) {
	s.state = state
	s.since = time.Now()
}

// watch looks after what nobody asks for.
func (s *session) watch() {
	if time.Since(s.heard) > s.limits.heartbeat {
		s.end("noHeartbeat", "")
		s.leave(fmt.Sprintf("nothing was heard for %v", s.limits.heartbeat), 3)
		return
	}
	switch s.state {
	case "active":
		left, there := s.current.left()
		switch {
		case !time.Now().Before(s.deadline):
			s.end("deadline", "")
		case !there && time.Until(s.deadline) > 20*time.Millisecond:
			if frozen, ok := s.current.(*freeze); ok && frozen.allGone() {
				s.end("targetGone", "")
			} else {
				s.end("lost", fmt.Sprintf("%v before its end the kernel knew nothing of it", time.Until(s.deadline).Round(time.Millisecond)))
			}
		case left > time.Until(s.deadline)+time.Second:
			s.end("lost", "the kernel would have ended it too late")
		}
	case "lingering":
		force := time.Now().After(s.deadline.Add(s.linger))
		if done, closed := s.current.drained(force); done {
			s.output.say(map[string]any{"event": "drained", "t": nowMs(), "closedByUs": closed})
			s.current = nil
			s.enter("disarmed")
		}
	default:
		if time.Since(s.since) > s.limits.idle {
			s.leave(fmt.Sprintf("no order came within %v", s.limits.idle), 0)
		}
	}
}

// end ends what is under way, and says so.
func (s *session) end(why, text string) healed {
	if s.state != "active" {
		return healed{Verified: !s.doubted}
	}
	early := why != "deadline"
	result := s.stop()
	s.output.say(map[string]any{
		"event": "ended", "t": nowMs(), "why": why, "early": early, "verified": result.Verified, "proof": result.Proof, "text": text,
	})
	return result
}

func (s *session) stop() healed {
	last := s.current.proof()
	begun := time.Now()
	verified := s.current.stop()
	s.doubted = !verified
	took := float64(time.Since(begun).Microseconds()) / 1000
	s.deadline = time.Now()
	s.enter("lingering")
	if done, _ := s.current.drained(s.linger <= 0); done {
		s.current = nil
		s.enter("disarmed")
	}
	return healed{Was: true, Verified: verified, TookMs: took, Proof: &last}
}

func (s *session) leave(why string, code int) {
	s.leaving, s.code = true, code
	s.output.say(map[string]any{"event": "leaving", "t": nowMs(), "why": why})
}

// close leaves nothing behind, whatever was only prepared.
func (s *session) close() {
	if s.current != nil {
		s.forget()
	}
}

func (s *session) forget() {
	s.doubted = !s.current.stop()
	_, _ = s.current.drained(true)
	s.current = nil
	s.enter("disarmed")
}

// errAnswered: the answer is given already.
var errAnswered = errors.New("answered")

func (s *session) take(line []byte) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		// Whoever sends that is not one of ours.
		s.end("inputEnded", "")
		s.leave("what came is no request: "+err.Error(), 2)
		return
	}
	result, err := s.answer(asked)
	if err == errAnswered {
		return
	}
	if err != nil {
		s.output.say(map[string]any{"id": asked.ID, "t": nowMs(), "error": refusalOf(err)})
	} else {
		s.output.say(map[string]any{"id": asked.ID, "t": nowMs(), "ok": result})
	}
}

func (s *session) answer(asked request) (any, error) {
	switch asked.Do {
	case "beat":
		return map[string]float64{"t": nowMs()}, nil
	case "check":
		return map[string]any{"mechanisms": checkAll()}, nil
	case "arm":
		return s.arm(asked)
	case "go":
		return s.begin(asked)
	case "peers":
		return s.setPeers(asked.Addresses)
	case "proof":
		if s.current == nil {
			return nil, refuse("nothing", "there is no fault")
		}
		return s.current.proof(), nil
	case "heal":
		return s.end("heal", ""), nil
	case "bye":
		result := s.end("heal", "")
		s.leave("it was told to leave", 0)
		return result, nil
	}
	return nil, refuse("unknown", "there is no request "+strconv.Quote(asked.Do))
}

func (s *session) arm(asked request) (any, error) {
	if s.state == "active" || s.state == "lingering" {
		return nil, refuse("busy", "a fault is under way")
	}
	s.close()
	made, err := mechanismOf(asked.Name, asked.Fault)
	if err != nil {
		return nil, err
	}
	ready, err := made.prepare()
	if wanted, ok := made.(*delayed); ok && err != nil {
		release(made)
		if made, err = wanted.instead(asked.Name, refusalOf(err).Text); err != nil {
			return nil, err
		}
		ready, err = made.prepare()
	}
	if err != nil {
		release(made)
		return nil, err
	}
	s.current = made
	s.linger = min(ms(max(asked.Fault.LingerMs, 0)), longest)
	s.doubted = false
	s.enter("armed")
	return ready, nil
}

// release leaves nothing of what could not be made ready.
func release(made mechanism) {
	made.stop()
	_, _ = made.drained(true)
}

func (s *session) begin(asked request) (any, error) {
	if s.state != "armed" {
		return nil, refuse("notArmed", "it is not armed")
	}
	if late := nowMs() - asked.NotAfter; late > 0 {
		return nil, refuse("tooLate", fmt.Sprintf("the order came %.0f ms too late", late))
	}
	duration := ms(asked.DurationMs)
	if !s.current.instant() && (duration < 100*time.Millisecond || duration > longest) {
		return nil, refuse("duration", fmt.Sprintf("%v is not between 0.1 s and %v", duration, longest))
	}
	from := nowMs()
	// Before it begins: if this process stops in the middle, the kernel still ends it.
	s.deadline = time.Now().Add(duration)
	s.enter("active")
	s.rearm()
	if err := s.current.start(duration); err != nil {
		s.forget()
		return nil, err
	}
	if crash, ok := s.current.(*crash); ok {
		// Nothing can be said after it.
		s.output.say(map[string]any{"id": asked.ID, "t": nowMs(), "ok": applied{From: from, To: nowMs(), Proof: crash.proof()}})
		s.output.flush(time.Second)
		if !crash.release() {
			text := fmt.Sprintf("process %d had not ended %v after it was killed", crash.pid, deathWait)
			s.output.say(map[string]any{"event": "ended", "t": nowMs(), "why": "lost", "early": false, "verified": false, "text": text})
			// Whatever still binds it ends with this process: now, and not at some later moment.
			s.leave(text, 1)
		}
		s.forget()
		return nil, errAnswered
	}
	to := nowMs()
	left, there := s.current.left()
	if !there || left <= 0 || left > duration+time.Second {
		s.forget()
		return nil, refuse("notApplied", "the kernel does not show what was asked of it")
	}
	return applied{From: from, To: to, LeftMs: pointer(float64(left.Microseconds()) / 1000), Proof: s.current.proof()}, nil
}

func (s *session) setPeers(addresses []string) (any, error) {
	with, ok := s.current.(*drops)
	if !ok || with.spec.Peers == nil {
		return nil, refuse("noPeers", "what is under way has no peers")
	}
	if err := with.setPeers(addresses); err != nil {
		return nil, err
	}
	return struct{}{}, nil
}

func (s *session) hello() map[string]any {
	var name unix.Utsname
	_ = unix.Uname(&name)
	hostname, _ := os.Hostname()
	netns, _ := os.Readlink("/proc/self/ns/net")
	return map[string]any{
		"event": "hello", "t": nowMs(), "version": version, "pid": os.Getpid(), "kernel": unix.ByteSliceToString(name.Release[:]),
		"arch": runtime.GOARCH, "netns": netns, "hostname": hostname, "capabilities": capabilities(),
	}
}

// Those that a helper may need.
var wanted = map[string]int{"NET_ADMIN": 12, "SYS_PTRACE": 19}

func capabilities() []string {
	found := []string{}
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if value, ok := strings.CutPrefix(line, "CapEff:"); ok {
			bits, _ := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			for _, name := range []string{"NET_ADMIN", "SYS_PTRACE"} {
				if bits>>wanted[name]&1 == 1 {
					found = append(found, name)
				}
			}
		}
	}
	return found
}

func mechanismOf(name string, spec fault) (mechanism, error) {
	switch spec.Kind {
	case "networkCut", "packetLoss":
		return newDrops(name, spec)
	case "latency":
		if spec.Existing == "delayed" {
			return newDelayed(name, spec)
		}
		return newProxied(name, spec)
	case "slowClose":
		return newProxied(name, spec)
	case "freeze":
		return newFreeze(spec), nil
	case "containerCrash":
		return newCrash(spec), nil
	case "cpuStress":
		return newCPUStress(spec)
	case "memoryStress":
		return newMemoryStress(spec)
	}
	return nil, refuse("unknown", "there is no fault "+strconv.Quote(spec.Kind))
}
