package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// delayed has the kernel hold back what the pod answers (netem). A queue has no deadline of its own: only packets that a rule of the owned
// table marks go the slow way, and the rule looks the device up in the set `on`, which the kernel empties. The queue that is left then
// passes everything on at once.
type delayed struct {
	spec    fault
	table   *table
	queues  *netlink
	devices []device
	ready   armed
	stopped bool
	last    proof
}

type device struct {
	name  string
	index int32
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

// netemWhy says why the kernel can't delay here; "": it can. Asks for a queue without its settings, on loopback: a kernel that has the
// kind refuses that as invalid, one that has not does not know it, and neither changes anything.
func netemWhy() string {
	names, err := podDevices()
	if err != nil {
		return refusalOf(err).Text
	}
	queues, err := openNetlink(unix.NETLINK_ROUTE)
	if err != nil {
		return err.Error()
	}
	defer queues.close()
	devices, err := devicesOf(append(names, "lo"))
	if err != nil {
		return err.Error()
	}
	loopback := devices[len(devices)-1]
	for _, kind := range []string{"netem", "prio"} {
		asked := queueMessage(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL, loopback.index, slowQueue, queueRoot, kind, nil)
		switch _, err := queues.ask(asked); {
		case errors.Is(err, unix.EPERM):
			return "the capability NET_ADMIN is missing"
		case err == nil || !errors.Is(err, unix.EINVAL):
			if err == nil {
				_, _ = queues.ask(queueMessage(unix.RTM_DELQDISC, 0, loopback.index, slowQueue, queueRoot, "", nil))
			}
			return "this kernel has no queue of the kind " + kind
		}
	}
	for _, one := range devices[:len(devices)-1] {
		handle, kind, err := rootOf(queues, one)
		if err != nil {
			return err.Error()
		}
		// What the kernel itself put there has no handle.
		if handle != 0 && handle != rootQueue {
			return fmt.Sprintf("somebody else’s queue (%s) is at %s", kind, one.name)
		}
	}
	return ""
}

func devicesOf(names []string) ([]device, error) {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(socket)
	var found []device
	for _, name := range names {
		asked, err := unix.NewIfreq(name)
		if err == nil {
			err = unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, asked)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		found = append(found, device{name, int32(asked.Uint32())})
	}
	return found, nil
}

// queue is what the kernel tells of one.
type queue struct {
	index          int32
	handle, parent uint32
	kind           string
	packets, drops uint32 // that have left it, and that it lost
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
			if len(stats) >= 16 {
				next.packets, next.drops = binary.NativeEndian.Uint32(stats[8:]), binary.NativeEndian.Uint32(stats[12:])
			}
		})
		found = append(found, next)
	}
	return found, nil
}

func rootOf(queues *netlink, at device) (handle uint32, kind string, err error) {
	all, err := queuesOf(queues)
	for _, one := range all {
		if one.index == at.index && one.parent == queueRoot {
			return one.handle, one.kind, nil
		}
	}
	return 0, "", err
}

func newDelayed(name string, spec fault) (*delayed, error) {
	if !isTableName(name) {
		return nil, refuse("name", fmt.Sprintf("%q is no name for a table", name))
	}
	if spec.Port < 0 || spec.Port > 65535 || spec.LatencyMs < 0 || spec.JitterMs < 0 {
		return nil, refuse("delay", "a port is below 65536, and no delay below 0")
	}
	return &delayed{spec: spec, table: &table{name: "faultline_" + name, family: familyInet}}, nil
}

func (d *delayed) prepare() (armed, error) {
	names, err := podDevices()
	if err != nil {
		return armed{}, err
	}
	if d.devices, err = devicesOf(names); err != nil {
		return armed{}, err
	}
	if d.table.nft, err = openNft(); err != nil {
		return armed{}, refuse("nftables", "this kernel has no nftables: "+err.Error())
	}
	if err := d.build(); err != nil {
		return armed{}, nftRefusal(err)
	}
	if d.queues, err = openNetlink(unix.NETLINK_ROUTE); err != nil {
		return armed{}, err
	}
	for _, one := range d.devices {
		if err := d.queue(one); err != nil {
			return armed{}, refuse("netem", fmt.Sprintf("no queue could be put at %s: %v", one.name, err))
		}
	}
	note := ""
	if d.spec.JitterMs > 0 {
		note = "packets may overtake one another, as in a network"
	}
	d.ready = armed{Text: d.text(), On: names, Note: note}
	return d.ready, nil
}

// build makes the table with its rule, without an element that would make it effective.
func (d *delayed) build() error {
	t := d.table
	addresses := exemptOf(d.spec)
	four, six, err := keysOf(addresses)
	if err != nil {
		return err
	}
	t.create()
	t.set(setOn, typeIfname, unix.IFNAMSIZ, unix.NFT_SET_TIMEOUT)
	t.set(setPorts, typePort, 2, 0)
	for _, f := range ipFamilies {
		t.set("exempt"+f.suffix, f.keyType, f.addressBytes, 0)
	}
	t.elements(unix.NFT_MSG_NEWSETELEM, "exempt4", unique(four), 0)
	t.elements(unix.NFT_MSG_NEWSETELEM, "exempt6", unique(six), 0)
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
func (d *delayed) queue(at device) error {
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
	handle, _, err := rootOf(d.queues, at)
	if err != nil {
		return err
	}
	put := func(handle, parent uint32, kind string, options []byte) message {
		return queueMessage(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, at.index, handle, parent, kind, options)
	}
	asked := []message{put(fastQueue, fastWay, "pfifo", fast), put(slowQueue, slowWay, "netem", slow)}
	if handle != rootQueue {
		asked = append([]message{put(rootQueue, queueRoot, "prio", ways)}, asked...)
	}
	for _, asked := range asked {
		if _, err := d.queues.ask(asked); err != nil {
			return err
		}
	}
	return nil
}

func (d *delayed) start(duration time.Duration) error {
	diag, err := openDiag()
	if err != nil {
		return err
	}
	defer diag.close()
	ports, err := d.ports(diag)
	if err != nil {
		return err
	}
	d.table.elements(unix.NFT_MSG_NEWSETELEM, setPorts, ports, 0)
	d.table.elements(unix.NFT_MSG_NEWSETELEM, setOn, d.names(), duration)
	return d.table.nft.commit()
}

// ports are those whose answers are held back: the one that is meant, or all where the pod listens.
func (d *delayed) ports(diag *netlink) ([][]byte, error) {
	if d.spec.Port != 0 {
		return [][]byte{{byte(d.spec.Port >> 8), byte(d.spec.Port)}}, nil
	}
	listening, err := listeningPorts(diag)
	var keys [][]byte
	for port := range listening {
		if port != 53 || !d.spec.Exempt.DNS {
			keys = append(keys, []byte{byte(port >> 8), byte(port)})
		}
	}
	return keys, err
}

func (d *delayed) names() [][]byte {
	keys := make([][]byte, 0, len(d.devices))
	for _, one := range d.devices {
		keys = append(keys, keyOfName(one.name))
	}
	return keys
}

func (d *delayed) left() (time.Duration, bool) {
	left, there, err := d.table.left(setOn)
	return left, there && err == nil
}

// proof is what the slow queue itself has counted: what only was marked may not have been held back.
func (d *delayed) proof() proof {
	if d.queues == nil {
		return d.last
	}
	all, err := queuesOf(d.queues)
	if err != nil {
		return proof{Text: "the packets can't be counted: " + err.Error()}
	}
	var packets, lost int64
	for _, one := range all {
		if one.handle == slowQueue && one.parent == slowWay {
			packets += int64(one.packets)
			lost += int64(one.drops)
		}
	}
	text := fmt.Sprintf("%d packets delayed by the kernel (netem)", packets)
	if lost > 0 {
		text += fmt.Sprintf(", %d lost where more than %d waited", lost, packetsMax)
	}
	d.last = proof{Proven: packets > 0, Text: text, Delayed: &packets}
	return d.last
}

// stop ends the marking. What is under way arrives when it was to.
func (d *delayed) stop() bool {
	if d.stopped || d.table.nft == nil {
		return true
	}
	d.proof()
	d.stopped = true
	d.table.delete()
	_ = d.table.nft.commit()
	// What can't be deleted goes with the socket.
	d.table.nft.close()
	return isGone(d.table)
}

// drained takes the queues away, and does so last of all: a device that gets another queue loses what comes in that moment, which would be
// taken for the fault's.
func (d *delayed) drained(force bool) (bool, int) {
	if d.queues == nil {
		return true, 0
	}
	if !force {
		return false, 0
	}
	d.proof()
	for _, one := range d.devices {
		_, _ = d.queues.ask(queueMessage(unix.RTM_DELQDISC, 0, one.index, rootQueue, queueRoot, "", nil))
	}
	d.queues.close()
	d.queues = nil
	return true, 0
}

func (d *delayed) instant() bool { return false }

func (d *delayed) text() string {
	names := make([]string, 0, len(d.devices))
	for _, one := range d.devices {
		names = append(names, one.name)
	}
	where := "every port where the pod listens"
	if d.spec.Port != 0 {
		where = fmt.Sprintf("port %d", d.spec.Port)
	}
	return fmt.Sprintf(
		"answers from %s leave %s %g ms later (± %g ms), also those of existing connections", where, strings.Join(names, ", "), d.spec.LatencyMs,
		d.spec.JitterMs,
	)
}
