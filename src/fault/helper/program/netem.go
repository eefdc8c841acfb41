package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// delayed has the kernel hold back what the pod answers (netem). A queue has no deadline of its own: only packets that a rule of the owned
// table marks go the slow way, and the rule looks the device up in the set `on`, which the kernel empties. The queue that is left then
// passes everything on at once; what is under way in it arrives when it was to.
type delayed struct {
	spec    fault
	table   *table
	queues  *netlink
	devices []string
	before  tally // of what an earlier fault has left
	stopped bool
	last    proof
}

// tally is what the slow queues of all devices have counted.
type tally struct {
	packets, lost, waiting int64
	devices                int
}

const (
	setPorts   = "ports"
	typePort   = 13 // inet_service
	rootQueue  = 0xfa17_0000
	fastWay    = rootQueue | 1
	slowWay    = rootQueue | 2
	slowQueue  = 0xfa18_0000
	fastQueue  = 0xfa19_0000
	queueRoot  = 0xffff_ffff // TC_H_ROOT
	packetsMax = 100_000
	// More the kernel cuts off without a word (2^31 ns).
	jitterMaxMs = 2_000
	// How long a queue may take to be empty before it is taken away; a helper that is told to end has 200 ms.
	emptyWait = 120 * time.Millisecond
	// What of the kernel's interface x/sys does not name.
	tcaKind, tcaOptions, tcaStats = 1, 2, 3
	netemLatency64, netemJitter64 = 10, 11
)

// queueMessage is one about a queue of a device; `options` nil: without any.
func queueMessage(kind, flags uint16, index int32, handle, parent uint32, name string, options []byte) message {
	data := make([]byte, 4, 64)
	for _, number := range []uint32{uint32(index), handle, parent, 0} {
		data = binary.NativeEndian.AppendUint32(data, number)
	}
	return message{kind, flags | unix.NLM_F_ACK, append(data, attributes(func(a *encoder) {
		if name != "" {
			a.String(tcaKind, name)
		}
		if options != nil {
			a.Bytes(tcaOptions, options)
		}
	})...)}
}

// possible fails with why the kernel can't delay here. Asks for a queue without its settings, on loopback: a kernel that has the kind
// refuses that as invalid, one that has not does not know it, and neither puts one there. It may load its module for that.
func (d *delayed) possible() error {
	if d.spec.JitterMs > jitterMaxMs {
		return refuse("netem", fmt.Sprintf("a jitter above %d ms is more than it can", jitterMaxMs))
	}
	loopback, err := indexOf("lo")
	if err != nil {
		return err
	}
	for _, kind := range []string{"netem", "prio"} {
		asked := queueMessage(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL, loopback, slowQueue, queueRoot, kind, nil)
		switch _, err := d.queues.ask(asked); {
		case errors.Is(err, unix.EPERM):
			return refuse("capability", "the capability NET_ADMIN is missing")
		case errors.Is(err, unix.ENOENT):
			return refuse("netem", "this kernel has no queue of the kind "+kind)
		case err == nil:
			_, _ = d.queues.ask(queueMessage(unix.RTM_DELQDISC, 0, loopback, slowQueue, queueRoot, "", nil))
		case !errors.Is(err, unix.EINVAL):
			return refuse("netem", fmt.Sprintf("a queue of the kind %s is refused: %v", kind, err))
		}
	}
	for _, name := range d.devices {
		_, root, err := d.rootOf(name)
		if err != nil {
			return err
		}
		// What the kernel itself put there has no handle.
		if root.handle != 0 && root.handle != rootQueue {
			return refuse("netem", fmt.Sprintf("somebody else’s queue (%s) is at %s", root.kind, name))
		}
	}
	return nil
}

func indexOf(device string) (int32, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	asked, err := unix.NewIfreq(device)
	if err == nil {
		err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, asked)
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", device, err)
	}
	return int32(asked.Uint32()), nil
}

// queue is what the kernel tells of one.
type queue struct {
	index          int32
	handle, parent uint32
	kind           string
	// That have left it, that it lost, and that wait in it.
	packets, drops, waiting uint32
}

func queuesOf(queues *netlink) ([]queue, error) {
	// The kernel lists those of all devices.
	got, err := queues.ask(message{unix.RTM_GETQDISC, unix.NLM_F_DUMP, make([]byte, 20)})
	if err != nil {
		return nil, err
	}
	var found []queue
	for _, one := range got {
		if len(one.data) < 20 {
			continue
		}
		number := func(at int) uint32 { return binary.NativeEndian.Uint32(one.data[at:]) }
		next := queue{index: int32(number(4)), handle: number(8), parent: number(12)}
		next.kind, _ = stringOf(one.data[20:], tcaKind)
		each(one.data[20:], tcaStats, func(stats []byte) {
			// struct tc_stats
			if len(stats) >= 32 {
				at := func(offset int) uint32 { return binary.NativeEndian.Uint32(stats[offset:]) }
				next.packets, next.drops, next.waiting = at(8), at(12), at(28)
			}
		})
		found = append(found, next)
	}
	return found, nil
}

// rootOf is a device's number and the queue that all it sends goes through.
func (d *delayed) rootOf(device string) (index int32, root queue, err error) {
	if index, err = indexOf(device); err != nil {
		return 0, queue{}, err
	}
	all, err := queuesOf(d.queues)
	for _, one := range all {
		if one.index == index && one.parent == queueRoot {
			return index, one, nil
		}
	}
	return index, queue{}, err
}

func newDelayed(name string, spec fault) (*delayed, error) {
	table, err := newTable(name, familyInet)
	if err != nil {
		return nil, err
	}
	if spec.Port < 0 || spec.Port > 65535 || spec.LatencyMs < 0 || spec.JitterMs < 0 {
		return nil, refuse("delay", "a port is below 65536, and no delay below 0")
	}
	return &delayed{spec: spec, table: table}, nil
}

// instead is for what the kernel can't do.
func (d *delayed) instead(name, why string) (mechanism, error) {
	spec := d.spec
	spec.Existing = "reset"
	made, err := newProxied(name, spec)
	if err != nil {
		return nil, err
	}
	made.why = why
	return made, nil
}

func (d *delayed) prepare() (armed, error) {
	var err error
	if d.devices, err = podDevices(); err != nil {
		return armed{}, err
	}
	if d.queues, err = openNetlink(unix.NETLINK_ROUTE); err != nil {
		return armed{}, err
	}
	if err := d.possible(); err != nil {
		return armed{}, err
	}
	if ports, err := d.ports(); err != nil {
		return armed{}, err
	} else if len(ports) == 0 {
		return armed{}, refuse("ports", "the pod listens at no port: there are no answers to hold back")
	}
	if err := d.table.open(); err != nil {
		return armed{}, err
	}
	if err := d.build(); err != nil {
		return armed{}, nftRefusal(err)
	}
	note := ""
	if d.spec.JitterMs > 0 {
		note = "packets may overtake one another, as in a network"
	}
	return armed{Text: d.text(), On: d.devices, Note: note}, nil
}

// build makes the table with its rule, without an element that would make it effective.
func (d *delayed) build() error {
	t := d.table
	t.create()
	t.set(setOn, typeIfname, unix.IFNAMSIZ, unix.NFT_SET_TIMEOUT)
	t.set(setPorts, typePort, 2, 0)
	t.addressSet("exempt")
	if err := t.addresses(unix.NFT_MSG_NEWSETELEM, "exempt", exemptOf(d.spec)); err != nil {
		return err
	}
	t.chain("out", hook{"filter", unix.NF_INET_POST_ROUTING, -150, ""})
	for _, f := range ipFamilies {
		t.rule("out", rule(
			one(load(unix.NFT_META_OIFNAME), inSet(setOn)), f.is(),
			one(f.address(false), lookup("exempt"+f.suffix, 1 /* not in it */)),
			protocolIs(unix.IPPROTO_TCP), one(portOf(true), inSet(setPorts)), one(counter()), goesBy(slowWay),
		)...)
	}
	return t.nft.commit()
}

// queue puts two ways at a device: all goes the fast one, but for what is marked. Where an earlier helper has left its own only the delay
// is new.
func (d *delayed) queue(device string) error {
	ways := binary.NativeEndian.AppendUint32(nil, 2)
	// Of the priorities that a program may have set: the first way.
	ways = append(ways, make([]byte, 16)...)
	slow := make([]byte, 0, 64)
	for _, number := range []uint32{0, packetsMax, 0, 0, 0, 0} {
		slow = binary.NativeEndian.AppendUint32(slow, number)
	}
	slow = append(slow, attributes(func(a *encoder) {
		a.Bytes(netemLatency64, binary.NativeEndian.AppendUint64(nil, uint64(ms(d.spec.LatencyMs))))
		a.Bytes(netemJitter64, binary.NativeEndian.AppendUint64(nil, uint64(ms(d.spec.JitterMs))))
	})...)
	fast := binary.NativeEndian.AppendUint32(nil, packetsMax)
	index, root, err := d.rootOf(device)
	if err != nil {
		return err
	}
	put := func(how uint16, handle, parent uint32, kind string, options []byte) message {
		return queueMessage(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|how, index, handle, parent, kind, options)
	}
	asked := []message{
		put(unix.NLM_F_REPLACE, fastQueue, fastWay, "pfifo", fast),
		put(unix.NLM_F_REPLACE, slowQueue, slowWay, "netem", slow),
	}
	if root.handle != rootQueue {
		// Never in place of somebody else's: the kernel's own has no handle, and gives way.
		asked = append([]message{put(unix.NLM_F_EXCL, rootQueue, queueRoot, "prio", ways)}, asked...)
	}
	for _, one := range asked {
		if _, err := d.queues.ask(one); err != nil {
			return err
		}
	}
	return nil
}

// start puts the queues there before it marks anything: a device that gets another one loses what comes in that moment, which is no
// effect of what is only armed.
func (d *delayed) start(duration time.Duration) error {
	for _, device := range d.devices {
		if err := d.queue(device); err != nil {
			return refuse("netem", fmt.Sprintf("no queue could be put at %s: %v", device, err))
		}
	}
	ports, err := d.ports()
	if err != nil {
		return err
	}
	if d.before, err = slowTally(d.queues); err != nil {
		return err
	}
	d.table.elements(unix.NFT_MSG_NEWSETELEM, setPorts, ports, 0)
	d.table.devices(unix.NFT_MSG_NEWSETELEM, d.devices, duration)
	return d.table.nft.commit()
}

// ports are those whose answers are held back: the one that is meant, or all where the pod listens.
func (d *delayed) ports() ([][]byte, error) {
	if d.spec.Port != 0 {
		return [][]byte{{byte(d.spec.Port >> 8), byte(d.spec.Port)}}, nil
	}
	diag, err := openDiag()
	if err != nil {
		return nil, err
	}
	defer diag.close()
	listening, err := listeningPorts(diag)
	var keys [][]byte
	for port := range listening {
		if port != 53 || !d.spec.Exempt.DNS {
			keys = append(keys, []byte{byte(port >> 8), byte(port)})
		}
	}
	return keys, err
}

func (d *delayed) left() (time.Duration, bool) {
	left, there, err := d.table.left(setOn)
	found, asked := slowTally(d.queues)
	return left, there && err == nil && asked == nil && found.devices >= len(d.devices)
}

func slowTally(queues *netlink) (tally, error) {
	var found tally
	all, err := queuesOf(queues)
	for _, one := range all {
		if one.handle == slowQueue && one.parent == slowWay {
			found.packets += int64(one.packets)
			found.lost += int64(one.drops)
			found.waiting += int64(one.waiting)
			found.devices++
		}
	}
	return found, err
}

// proof is what the slow queues themselves have counted: what only was marked may not have been held back.
func (d *delayed) proof() proof {
	if d.stopped || d.queues == nil {
		return d.last
	}
	now, err := slowTally(d.queues)
	if err != nil {
		return proof{Text: "the packets can't be counted: " + err.Error()}
	}
	packets, lost := now.packets-d.before.packets, now.lost-d.before.lost
	text := fmt.Sprintf("%d packets delayed by the kernel (netem)", packets)
	if lost > 0 {
		text += fmt.Sprintf(", %d lost where more than %d waited", lost, packetsMax)
	}
	d.last = proof{Proven: packets > 0, Text: text, Delayed: &packets}
	return d.last
}

// stop ends the marking.
func (d *delayed) stop() bool {
	if d.stopped || d.table.nft == nil {
		return true
	}
	d.proof()
	d.stopped = true
	return d.table.end()
}

// drained: the queues are taken away when the helper leaves, and it stays as long as it may, since somebody is still looking.
func (d *delayed) drained(force bool) (bool, int) {
	if d.queues == nil {
		return true, 0
	}
	if !force {
		return false, 0
	}
	d.queues.close()
	d.queues = nil
	return true, 0
}

// takeQueuesAway takes away what is of use to nobody any more: last of all, since that stops a device for a moment, and only what is
// empty. Where another helper has a fault in this namespace it is that one's to do.
func takeQueuesAway() {
	queues, err := openNetlink(unix.NETLINK_ROUTE)
	if err != nil {
		return
	}
	defer queues.close()
	all, err := queuesOf(queues)
	ours := slices.DeleteFunc(all, func(one queue) bool { return one.handle != rootQueue || one.parent != queueRoot })
	if err != nil || len(ours) == 0 || isShared() {
		return
	}
	for limit := time.Now().Add(emptyWait); ; time.Sleep(10 * time.Millisecond) {
		now, err := slowTally(queues)
		if err != nil || now.waiting > 0 && time.Now().After(limit) {
			return
		}
		if now.waiting == 0 {
			break
		}
	}
	for _, one := range ours {
		_, _ = queues.ask(queueMessage(unix.RTM_DELQDISC, 0, one.index, rootQueue, queueRoot, "", nil))
	}
}

// isShared tells whether a fault of another helper has its table here.
func isShared() bool {
	socket, err := openNft()
	if err != nil {
		return false
	}
	defer socket.close()
	names, err := (&table{nft: socket, family: familyInet}).names()
	return err != nil || slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(name, tablePrefix) })
}

func (d *delayed) instant() bool { return false }

func (d *delayed) text() string {
	where := "every port where the pod listens"
	if d.spec.Port != 0 {
		where = fmt.Sprintf("port %d", d.spec.Port)
	}
	return fmt.Sprintf(
		"answers from %s leave %s %g ms later (± %g ms), also those of existing connections", where, strings.Join(d.devices, ", "), d.spec.LatencyMs,
		d.spec.JitterMs,
	)
}
