package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// drops loses packets at the pod's devices: all (a cut) or some (loss).
//
// At the devices and not in the output hook, where there is a choice: what is dropped there is an error of the program that sends
// (EPERM), and a network that loses packets tells nobody. What can't be told from the table: every rule that drops looks the device up in
// the set `on`, whose elements the kernel forgets when the fault is to be over.
type drops struct {
	spec    fault
	table   *table
	devices []string
	note    string
	stopped bool
	last    proof
}

const setOn = "on"

func newDrops(name string, spec fault) (*drops, error) {
	table, err := newTable(name, familyNetdev)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"both", "in", "out"}, spec.Direction) {
		return nil, refuse("direction", fmt.Sprintf("%q is no direction", spec.Direction))
	}
	if spec.Kind == "packetLoss" && !(spec.Percent > 0 && spec.Percent <= 100) {
		return nil, refuse("percent", "the share of lost packets has to be above 0 and at most 100")
	}
	return &drops{spec: spec, table: table}, nil
}

func (d *drops) prepare() (armed, error) {
	devices, err := podDevices()
	if err != nil {
		return armed{}, err
	}
	d.devices = devices
	if err := d.table.open(); err != nil {
		return armed{}, err
	}
	// Since Linux 5.16 packets can be dropped where they leave. The variable is for tests: who has an older one at hand?
	err = unix.EOPNOTSUPP
	if os.Getenv("FAULTLINE_NO_EGRESS") == "" {
		err = d.build(familyNetdev)
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOENT) {
		d.note = "on this kernel programs that send are told of it (EPERM), which a network would not do"
		err = d.build(familyInet)
	}
	if err != nil {
		return armed{}, nftRefusal(err)
	}
	return armed{Text: d.text(), On: devices, Note: d.note}, nil
}

// build makes the table and all its rules, without an element that would make one effective.
func (d *drops) build(family byte) error {
	t := d.table
	t.family = family
	t.sets = 0
	t.create()
	t.set(setOn, typeIfname, unix.IFNAMSIZ, unix.NFT_SET_TIMEOUT)
	t.addressSet("exempt")
	t.addressSet("peers")
	if err := t.addresses(unix.NFT_MSG_NEWSETELEM, "exempt", exemptOf(d.spec)); err != nil {
		return err
	}
	if d.spec.Peers != nil {
		if err := t.addresses(unix.NFT_MSG_NEWSETELEM, "peers", *d.spec.Peers); err != nil {
			return err
		}
	}
	for _, direction := range []string{"in", "out"} {
		if d.spec.Direction != "both" && d.spec.Direction != direction {
			continue
		}
		for chain, at := range d.chains(direction) {
			t.chain(chain, at)
			d.rules(chain, direction == "in")
		}
	}
	return t.nft.commit()
}

func (d *drops) chains(direction string) map[string]hook {
	in := direction == "in"
	if d.table.family == familyInet {
		// Before connections are tracked.
		number := uint32(unix.NF_INET_LOCAL_OUT)
		if in {
			number = unix.NF_INET_PRE_ROUTING
		}
		return map[string]hook{direction: {"filter", number, -300, ""}}
	}
	chains := map[string]hook{}
	for index, device := range d.devices {
		number := uint32(1) // NF_NETDEV_EGRESS
		if in {
			number = unix.NF_NETDEV_INGRESS
		}
		chains[direction+strconv.Itoa(index)] = hook{"filter", number, -300, device}
	}
	return chains
}

func (d *drops) rules(chain string, in bool) {
	t := d.table
	device := uint32(unix.NFT_META_OIFNAME)
	if in {
		device = unix.NFT_META_IIFNAME
	}
	accept := one(verdict(verdictAccept))
	for _, f := range ipFamilies {
		t.rule(chain, rule(f.is(), one(f.address(in), inSet("exempt"+f.suffix)), accept)...)
	}
	if d.spec.Exempt.DNS {
		for _, protocol := range []byte{unix.IPPROTO_UDP, unix.IPPROTO_TCP} {
			t.rule(chain, rule(protocolIs(protocol), one(portOf(in), equals(0, 53)), accept)...)
		}
	}
	// Without it a neighbour's address is forgotten, and is asked for again only seconds after the fault.
	t.rule(chain, rule(protocolIs(unix.IPPROTO_ICMPV6), one(
		payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1), compare(unix.NFT_CMP_GTE, []byte{133}),
		payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1), compare(unix.NFT_CMP_LTE, []byte{137}),
	), accept)...)
	var share []expression
	if d.spec.Kind == "packetLoss" && d.spec.Percent < 100 {
		share = chance(uint32(math.Round(d.spec.Percent * 100)))
	}
	for _, f := range ipFamilies {
		var peers []expression
		if d.spec.Peers != nil {
			peers = one(f.address(in), inSet("peers"+f.suffix))
		}
		t.rule(chain, rule(one(load(device), inSet(setOn)), f.is(), peers, share, one(counter(), verdict(verdictDrop)))...)
	}
}

// setPeers makes these the peers, in one transaction.
func (d *drops) setPeers(addresses []string) error {
	missing := func(from, in []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(one string) bool { return slices.Contains(in, one) })
	}
	if _, _, err := keysOf(addresses); err != nil {
		return err
	}
	gone, added := missing(*d.spec.Peers, addresses), missing(addresses, *d.spec.Peers)
	if len(gone)+len(added) == 0 {
		return nil
	}
	_ = d.table.addresses(unix.NFT_MSG_DELSETELEM, "peers", gone)
	_ = d.table.addresses(unix.NFT_MSG_NEWSETELEM, "peers", added)
	if err := d.table.nft.commit(); err != nil {
		return err
	}
	d.spec.Peers = &addresses
	return nil
}

func (d *drops) start(duration time.Duration) error {
	d.table.devices(unix.NFT_MSG_NEWSETELEM, d.devices, duration)
	return d.table.nft.commit()
}

func (d *drops) left() (time.Duration, bool) {
	left, there, err := d.table.left(setOn)
	return left, there && err == nil
}

func (d *drops) proof() proof {
	if d.stopped || d.table.nft == nil {
		return d.last
	}
	sums, err := d.table.counted()
	if err != nil {
		return proof{Text: "the packets can't be counted: " + err.Error()}
	}
	var in, out uint64
	for chain, packets := range sums {
		if strings.HasPrefix(chain, "in") {
			in += packets
		} else {
			out += packets
		}
	}
	d.last = proof{
		Proven: in+out > 0, Text: fmt.Sprintf("%d packets dropped (in %d, out %d)", in+out, in, out), PacketsIn: &in, PacketsOut: &out,
	}
	return d.last
}

func (d *drops) stop() bool {
	if d.stopped || d.table.nft == nil {
		return true
	}
	d.proof()
	d.stopped = true
	return d.table.end()
}

func (d *drops) drained(bool) (bool, int) { return true, 0 }

func (d *drops) instant() bool { return false }

func (d *drops) text() string {
	what := "drops packets"
	if d.spec.Kind == "packetLoss" {
		what = fmt.Sprintf("loses %g %% of the packets", d.spec.Percent)
	}
	way := map[string]string{"both": "both ways", "in": "that come in", "out": "that go out"}[d.spec.Direction]
	text := fmt.Sprintf("%s at %s, %s", what, strings.Join(d.devices, ", "), way)
	if d.spec.Peers != nil {
		text += fmt.Sprintf(", of %d peers", len(*d.spec.Peers))
	}
	return text
}

// nftRefusal says what a kernel's no means.
func nftRefusal(err error) error {
	var known *refusal
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, unix.EPERM):
		return refuse("capability", "the capability NET_ADMIN is missing")
	case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.EINVAL), errors.Is(err, unix.ENOENT), errors.Is(err, unix.EPROTONOSUPPORT):
		return refuse("kernel", fmt.Sprintf("this kernel lacks what it needs (nftables of Linux 5.12 or newer): %v", err))
	}
	return refuse("nftables", err.Error())
}

// podDevices are the names of the devices that are up, without loopback.
func podDevices() ([]string, error) {
	file, err := os.Open("/proc/net/dev")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(socket)
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// Two lines of headings have no colon.
		name, _, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			continue
		}
		device, err := unix.NewIfreq(strings.TrimSpace(name))
		if err != nil || unix.IoctlIfreq(socket, unix.SIOCGIFFLAGS, device) != nil {
			continue
		}
		if flags := device.Uint16(); flags&unix.IFF_LOOPBACK == 0 && flags&unix.IFF_UP != 0 {
			names = append(names, device.Name())
		}
	}
	if len(names) == 0 {
		return nil, refuse("noDevice", "this network namespace has no device but loopback")
	}
	return names, nil
}

// exemptOf are the addresses that a fault leaves alone.
func exemptOf(spec fault) []string {
	if spec.Exempt.Kubelet {
		return append(slices.Clone(spec.Exempt.Addresses), gateways()...)
	}
	return spec.Exempt.Addresses
}

// gateways are the addresses through which this namespace reaches others: mostly the node itself, where the kubelet asks from.
func gateways() []string {
	var found []string
	if file, err := os.Open("/proc/net/route"); err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 3 {
				continue
			}
			if value, err := strconv.ParseUint(fields[2], 16, 32); err == nil && value != 0 {
				// A number that the kernel printed in this machine's order.
				found = append(found, netip.AddrFrom4([4]byte(binary.NativeEndian.AppendUint32(nil, uint32(value)))).String())
			}
		}
	}
	if file, err := os.Open("/proc/net/ipv6_route"); err == nil {
		defer file.Close()
		for lines := bufio.NewScanner(file); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			if len(fields) < 5 || strings.Trim(fields[4], "0") == "" {
				continue
			}
			if ip, err := hex.DecodeString(fields[4]); err == nil && len(ip) == 16 {
				found = append(found, netip.AddrFrom16([16]byte(ip)).String())
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func unique(keys [][]byte) [][]byte {
	seen := map[string]bool{}
	return slices.DeleteFunc(keys, func(key []byte) bool {
		was := seen[string(key)]
		seen[string(key)] = true
		return was
	})
}
