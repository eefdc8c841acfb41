package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// What of the kernel's interface x/sys does not name.
const (
	familyInet   = unix.NFPROTO_INET
	familyNetdev = unix.NFPROTO_NETDEV
	// The table belongs to the socket that made it, and vanishes with it.
	tableOwner = 0x2
	// Registers of 4 × 16 bytes: one is all that any rule here needs.
	register = 1
	// Numbers by which nft shows a set's keys; the kernel only keeps them.
	typeIfname, typeIPv4, typeIPv6 = 41, 7, 8
)

// nft is a socket to the packet filter, and the batch that is being written. What it creates as owned lives as long as it.
type nft struct {
	conn  *netlink.Conn
	mu    sync.Mutex
	batch []netlink.Message
	named []string
}

func openNft() (*nft, error) {
	conn, err := netlink.Dial(unix.NETLINK_NETFILTER, nil)
	if err != nil {
		return nil, err
	}
	return &nft{conn: conn}, nil
}

func (n *nft) close() { _ = n.conn.Close() }

// attributes writes one level of attributes.
func attributes(write func(*netlink.AttributeEncoder)) []byte {
	encoder := netlink.NewAttributeEncoder()
	encoder.ByteOrder = binary.BigEndian
	write(encoder)
	bytes, err := encoder.Encode()
	if err != nil {
		// Only what is too long for an attribute: nothing here is.
		panic(err)
	}
	return bytes
}

func nested(encoder *netlink.AttributeEncoder, kind uint16, write func(*netlink.AttributeEncoder)) {
	encoder.Bytes(kind|unix.NLA_F_NESTED, attributes(write))
}

func header(family byte, resource uint16) []byte {
	return []byte{family, unix.NFNETLINK_V0, byte(resource >> 8), byte(resource)}
}

// add puts a message into the batch; `what` names it, if it fails.
func (n *nft) add(what string, message uint16, flags netlink.HeaderFlags, family byte, write func(*netlink.AttributeEncoder)) {
	n.named = append(n.named, what)
	n.batch = append(n.batch, netlink.Message{
		Header: netlink.Header{
			Type:  netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | message),
			Flags: netlink.Request | netlink.Acknowledge | flags,
		},
		Data: append(header(family, 0), attributes(write)...),
	})
}

// commit carries the batch out: all of it, or nothing.
func (n *nft) commit() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	batch, named := n.batch, n.named
	n.batch, n.named = nil, nil
	bound := func(message uint16) netlink.Message {
		return netlink.Message{
			Header: netlink.Header{Type: netlink.HeaderType(message), Flags: netlink.Request},
			Data:   header(unix.AF_UNSPEC, unix.NFNL_SUBSYS_NFTABLES),
		}
	}
	all := append([]netlink.Message{bound(unix.NFNL_MSG_BATCH_BEGIN)}, batch...)
	sent, err := n.conn.SendMessages(append(all, bound(unix.NFNL_MSG_BATCH_END)))
	if err != nil {
		return err
	}
	first, last := sent[0].Header.Sequence, sent[len(sent)-1].Header.Sequence
	var failure error
	for answered := 0; answered < len(batch); answered++ {
		// After a refusal of the whole batch there is nothing more to come.
		wait := 5 * time.Second
		if failure != nil {
			wait = 20 * time.Millisecond
		}
		_ = n.conn.SetReadDeadline(time.Now().Add(wait))
		replies, err := n.conn.Receive()
		if err != nil {
			if failure != nil {
				break
			}
			failure = err
			var errno unix.Errno
			if !errors.As(err, &errno) {
				break
			}
			// The library does not say which message it was; which could be the first one that is not acknowledged.
			failure = fmt.Errorf("%s: %w", named[min(answered, len(named)-1)], errno)
			continue
		}
		for _, reply := range replies {
			if reply.Header.Sequence < first || reply.Header.Sequence > last {
				answered--
			}
		}
	}
	_ = n.conn.SetReadDeadline(time.Time{})
	return failure
}

// dump asks for what there is.
func (n *nft) dump(message uint16, family byte, write func(*netlink.AttributeEncoder)) ([]netlink.Message, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_ = n.conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	defer func() { _ = n.conn.SetReadDeadline(time.Time{}) }()
	return n.conn.Execute(netlink.Message{
		Header: netlink.Header{Type: netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | message), Flags: netlink.Request | netlink.Dump},
		Data:   append(header(family, 0), attributes(write)...),
	})
}

// table is one owned table with its sets.
type table struct {
	nft    *nft
	family byte
	name   string
	sets   uint32
}

func (t *table) create() {
	t.nft.add("a table that belongs to its process", unix.NFT_MSG_NEWTABLE, netlink.Create|netlink.Excl, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_TABLE_NAME, t.name)
		a.Uint32(unix.NFTA_TABLE_FLAGS, tableOwner)
	})
}

func (t *table) delete() {
	t.nft.add("the table's end", unix.NFT_MSG_DELTABLE, 0, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_TABLE_NAME, t.name)
	})
}

// exists asks whether there is a table of that name.
func (t *table) exists() (bool, error) {
	found, err := t.nft.dump(unix.NFT_MSG_GETTABLE, t.family, func(*netlink.AttributeEncoder) {})
	if err != nil {
		return false, err
	}
	for _, message := range found {
		if name, _ := stringOf(message.Data[4:], unix.NFTA_TABLE_NAME); name == t.name {
			return true, nil
		}
	}
	return false, nil
}

func (t *table) set(name string, keyType, keyLen, flags uint32) {
	t.sets++
	t.nft.add("a set "+name, unix.NFT_MSG_NEWSET, netlink.Create, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_SET_TABLE, t.name)
		a.String(unix.NFTA_SET_NAME, name)
		a.Uint32(unix.NFTA_SET_FLAGS, flags)
		a.Uint32(unix.NFTA_SET_KEY_TYPE, keyType)
		a.Uint32(unix.NFTA_SET_KEY_LEN, keyLen)
		a.Uint32(unix.NFTA_SET_ID, t.sets)
		if keyType == typeIfname {
			// For nft, which else shows the names reversed: keys are in this machine's order.
			a.Bytes(unix.NFTA_SET_USERDATA, append([]byte{0, 4}, binary.NativeEndian.AppendUint32(nil, 1)...))
		}
	})
}

// elements adds (or deletes) keys; with a timeout the kernel forgets them by itself.
func (t *table) elements(message uint16, set string, keys [][]byte, timeout time.Duration) {
	if len(keys) == 0 {
		return
	}
	var flags netlink.HeaderFlags
	if message == unix.NFT_MSG_NEWSETELEM {
		flags = netlink.Create
	}
	t.nft.add("elements of "+set, message, flags, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_SET_ELEM_LIST_TABLE, t.name)
		a.String(unix.NFTA_SET_ELEM_LIST_SET, set)
		nested(a, unix.NFTA_SET_ELEM_LIST_ELEMENTS, func(list *netlink.AttributeEncoder) {
			for _, key := range keys {
				nested(list, unix.NFTA_LIST_ELEM, func(element *netlink.AttributeEncoder) {
					nested(element, unix.NFTA_SET_ELEM_KEY, func(data *netlink.AttributeEncoder) { data.Bytes(unix.NFTA_DATA_VALUE, key) })
					if timeout > 0 {
						element.Uint64(unix.NFTA_SET_ELEM_TIMEOUT, uint64(timeout.Milliseconds()))
					}
				})
			}
		})
	})
}

// left is what the kernel says is left of the shortest-lived element of a set; false: there is none.
func (t *table) left(set string) (time.Duration, bool, error) {
	found, err := t.nft.dump(unix.NFT_MSG_GETSETELEM, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_SET_ELEM_LIST_TABLE, t.name)
		a.String(unix.NFTA_SET_ELEM_LIST_SET, set)
	})
	if err != nil {
		return 0, false, err
	}
	least, any := time.Duration(0), false
	for _, message := range found {
		each(message.Data[4:], unix.NFTA_SET_ELEM_LIST_ELEMENTS, func(list []byte) {
			each(list, unix.NFTA_LIST_ELEM, func(element []byte) {
				each(element, unix.NFTA_SET_ELEM_EXPIRATION, func(value []byte) {
					left := time.Duration(binary.BigEndian.Uint64(value)) * time.Millisecond
					if !any || left < least {
						least, any = left, true
					}
				})
			})
		})
	}
	return least, any, nil
}

type hook struct {
	kind     string // "filter", "nat"
	number   uint32
	priority int32
	device   string // of netdev
}

func (t *table) chain(name string, at hook) {
	t.nft.add("a chain "+name, unix.NFT_MSG_NEWCHAIN, netlink.Create, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_CHAIN_TABLE, t.name)
		a.String(unix.NFTA_CHAIN_NAME, name)
		nested(a, unix.NFTA_CHAIN_HOOK, func(h *netlink.AttributeEncoder) {
			h.Uint32(unix.NFTA_HOOK_HOOKNUM, at.number)
			h.Uint32(unix.NFTA_HOOK_PRIORITY, uint32(at.priority))
			if at.device != "" {
				h.String(unix.NFTA_HOOK_DEV, at.device)
			}
		})
		a.Uint32(unix.NFTA_CHAIN_POLICY, 1) // accept
		a.String(unix.NFTA_CHAIN_TYPE, at.kind)
	})
}

func (t *table) rule(chain string, expressions ...expression) {
	t.nft.add("a rule of "+chain, unix.NFT_MSG_NEWRULE, netlink.Create|netlink.Append, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_RULE_TABLE, t.name)
		a.String(unix.NFTA_RULE_CHAIN, chain)
		nested(a, unix.NFTA_RULE_EXPRESSIONS, func(list *netlink.AttributeEncoder) {
			for _, one := range expressions {
				nested(list, unix.NFTA_LIST_ELEM, func(element *netlink.AttributeEncoder) {
					element.String(unix.NFTA_EXPR_NAME, one.name)
					nested(element, unix.NFTA_EXPR_DATA, one.data)
				})
			}
		})
	})
}

// counted is the sum of the counters of all rules, by chain.
func (t *table) counted() (map[string]uint64, error) {
	found, err := t.nft.dump(unix.NFT_MSG_GETRULE, t.family, func(a *netlink.AttributeEncoder) {
		a.String(unix.NFTA_RULE_TABLE, t.name)
	})
	if err != nil {
		return nil, err
	}
	sums := map[string]uint64{}
	for _, message := range found {
		if name, _ := stringOf(message.Data[4:], unix.NFTA_RULE_TABLE); name != t.name {
			continue
		}
		chain, _ := stringOf(message.Data[4:], unix.NFTA_RULE_CHAIN)
		each(message.Data[4:], unix.NFTA_RULE_EXPRESSIONS, func(list []byte) {
			each(list, unix.NFTA_LIST_ELEM, func(element []byte) {
				if name, _ := stringOf(element, unix.NFTA_EXPR_NAME); name != "counter" {
					return
				}
				each(element, unix.NFTA_EXPR_DATA, func(data []byte) {
					each(data, unix.NFTA_COUNTER_PACKETS, func(value []byte) { sums[chain] += binary.BigEndian.Uint64(value) })
				})
			})
		})
	}
	return sums, nil
}

// each calls for every attribute of a kind.
func each(bytes []byte, kind uint16, call func([]byte)) {
	decoder, err := netlink.NewAttributeDecoder(bytes)
	if err != nil {
		return
	}
	for decoder.Next() {
		if decoder.Type()&^unix.NLA_F_NESTED == kind {
			call(decoder.Bytes())
		}
	}
}

func stringOf(bytes []byte, kind uint16) (string, bool) {
	found, ok := "", false
	each(bytes, kind, func(value []byte) { found, ok = unix.ByteSliceToString(value), true })
	return found, ok
}

// keyOfName is a device's name as the kernel compares it.
func keyOfName(name string) []byte {
	key := make([]byte, unix.IFNAMSIZ)
	copy(key, name)
	return key
}

// keysOf are addresses by family. Fails for what is no address.
func keysOf(addresses []string) (four, six [][]byte, err error) {
	for _, text := range addresses {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, nil, refuse("address", fmt.Sprintf("%q is no IP address", text))
		}
		address = address.Unmap()
		if address.Is4() {
			four = append(four, address.AsSlice())
		} else {
			six = append(six, address.WithZone("").AsSlice())
		}
	}
	return four, six, nil
}
