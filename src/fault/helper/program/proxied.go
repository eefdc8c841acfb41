package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// proxied sends new connections to the pod through a proxy in its own namespace. The kernel stops doing that when the elements of the
// set `on` are over; what is in the proxy then goes on without delay until it ends, or the time to linger does.
type proxied struct {
	spec       fault
	why        string // it is not the kernel that does it
	table      *table
	devices    []string
	proxy      *proxy
	reset      int
	unaffected int
	over       bool
	redirected uint64
}

func newProxied(name string, spec fault) (*proxied, error) {
	table, err := newTable(name, familyInet)
	if err != nil {
		return nil, err
	}
	if spec.Existing != "reset" && spec.Existing != "unaffected" {
		return nil, refuse("existing", fmt.Sprintf("existing connections can be reset or unaffected, not %q", spec.Existing))
	}
	if spec.Port < 0 || spec.Port > 65535 || spec.LatencyMs < 0 || spec.JitterMs < 0 || spec.DelayMs < 0 {
		return nil, refuse("delay", "a port is below 65536, and no delay below 0")
	}
	return &proxied{spec: spec, table: table}, nil
}

func (p *proxied) prepare() (armed, error) {
	devices, err := podDevices()
	if err != nil {
		return armed{}, err
	}
	p.devices = devices
	if p.spec.Existing == "reset" {
		if err := canDestroy(); err != nil {
			return armed{}, refuse("reset", "this kernel can't reset connections: "+err.Error())
		}
	}
	if p.proxy, err = newProxy(ms(p.spec.LatencyMs), ms(p.spec.JitterMs), ms(p.spec.DelayMs)); err != nil {
		return armed{}, err
	}
	if err := p.table.open(); err != nil {
		return armed{}, err
	}
	if err := p.build(); err != nil {
		return armed{}, nftRefusal(err)
	}
	return armed{Text: p.text(), On: devices, Note: "the pod sees its own address in place of the client’s, and a connection that is refused as one that is reset"}, nil
}

func (p *proxied) build() error {
	t := p.table
	t.create()
	t.set(setOn, typeIfname, unix.IFNAMSIZ, unix.NFT_SET_TIMEOUT)
	t.addressSet("exempt")
	if err := t.addresses(unix.NFT_MSG_NEWSETELEM, "exempt", exemptOf(p.spec)); err != nil {
		return err
	}
	// Where destinations are changed; only the first packet of a connection comes here, as far as the kernel has tracked it. It begins to
	// with this very chain: a connection that was there before would be taken for a new one, and be torn apart.
	t.chain("in", hook{"nat", unix.NF_INET_PRE_ROUTING, -100, ""})
	var port []expression
	if p.spec.Port != 0 {
		port = one(portOf(false), equals(byte(p.spec.Port>>8), byte(p.spec.Port)))
	} else if p.spec.Exempt.DNS {
		port = one(portOf(false), compare(unix.NFT_CMP_NEQ, []byte{0, 53}))
	}
	for _, f := range ipFamilies {
		t.rule("in", rule(
			one(load(unix.NFT_META_IIFNAME), inSet(setOn)), f.is(),
			one(f.address(true), lookup("exempt"+f.suffix, 1 /* not in it */)),
			protocolIs(unix.IPPROTO_TCP), isOpening(), port, one(counter()), redirect(p.proxy.port),
		)...)
	}
	return t.nft.commit()
}

func (p *proxied) start(duration time.Duration) error {
	// First the redirect: who is reset comes back at once.
	p.table.devices(unix.NFT_MSG_NEWSETELEM, p.devices, duration)
	if err := p.table.nft.commit(); err != nil {
		return err
	}
	diag, err := openDiag()
	if err != nil {
		return err
	}
	defer diag.close()
	exempt := exemptOf(p.spec)
	there, err := connectionsTo(diag, p.spec.Port, func(remote netip.Addr) bool { return slices.Contains(exempt, remote.String()) })
	if err != nil {
		return err
	}
	// What came through the redirect in this moment already has the proxy's port, and is no old connection.
	there = slices.DeleteFunc(there, func(one connection) bool { return one.local.Port() == p.proxy.port })
	if p.spec.Existing == "unaffected" {
		p.unaffected = len(there)
		return nil
	}
	p.reset, err = destroy(diag, there)
	return err
}

func (p *proxied) left() (time.Duration, bool) {
	left, there, err := p.table.left(setOn)
	return left, there && err == nil
}

func (p *proxied) proof() proof {
	if p.table.nft != nil {
		if sums, err := p.table.counted(); err == nil {
			p.redirected = sums["in"]
		}
	}
	accepted, open, delayed := p.proxy.accepted.Load(), p.proxy.open.Load(), p.proxy.delayed.Load()
	what := "answers"
	if p.spec.Kind == "slowClose" {
		what = "closes"
	}
	text := fmt.Sprintf("%d connections redirected, %d %s delayed", p.redirected, delayed, what)
	if p.reset > 0 {
		text += fmt.Sprintf(", %d existing connections reset", p.reset)
	}
	if p.unaffected > 0 {
		text += fmt.Sprintf(", %d existing connections unaffected", p.unaffected)
	}
	if p.why != "" {
		text += " (by a proxy: " + p.why + ")"
	}
	return proof{
		Proven: p.redirected > 0 && delayed > 0, Text: text, Connections: &accepted, Open: &open, Delayed: &delayed, Reset: &p.reset,
		Unaffected: &p.unaffected,
	}
}

// stop ends the redirect and the delays. The table stays while connections are in the proxy: without it the kernel would no longer
// translate their packets.
func (p *proxied) stop() bool {
	if p.over || p.table.nft == nil {
		return true
	}
	p.over = true
	p.proof()
	p.table.devices(unix.NFT_MSG_DELSETELEM, p.devices, 0)
	err := p.table.nft.commit()
	p.proxy.release()
	if errors.Is(err, unix.ENOENT) {
		// The kernel was first.
		err = nil
	}
	_, there, asked := p.table.left(setOn)
	return err == nil && asked == nil && !there
}

func (p *proxied) drained(force bool) (bool, int) {
	if p.proxy == nil {
		return true, 0
	}
	closed := 0
	if force {
		closed = p.proxy.closeAll()
	} else if p.proxy.open.Load() > 0 {
		return false, 0
	}
	p.proxy.close()
	if p.table.nft != nil {
		p.table.delete()
		_ = p.table.nft.commit()
		p.table.nft.close()
		p.table.nft = nil
	}
	return true, closed
}

func (p *proxied) instant() bool { return false }

func (p *proxied) text() string {
	where := "every TCP port"
	if p.spec.Port != 0 {
		where = fmt.Sprintf("port %d", p.spec.Port)
	}
	if p.spec.Kind == "slowClose" {
		return fmt.Sprintf("new connections to %s are closed %g ms late", where, p.spec.DelayMs)
	}
	return fmt.Sprintf("answers of new connections to %s come %g ms later (± %g ms)", where, p.spec.LatencyMs, p.spec.JitterMs)
}
