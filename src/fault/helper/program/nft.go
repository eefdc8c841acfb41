package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

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
	*netlink
	batch []message
	named []string
}

func openNft() (*nft, error) {
	socket, err := openNetlink(unix.NETLINK_NETFILTER)
	if err != nil {
		return nil, err
	}
	return &nft{netlink: socket}, nil
}

func header(family byte, resource uint16) []byte {
	return []byte{family, unix.NFNETLINK_V0, byte(resource >> 8), byte(resource)}
}

func kindOf(kind uint16) uint16 { return unix.NFNL_SUBSYS_NFTABLES<<8 | kind }

// add puts a message into the batch; `what` names it, if it fails.
func (n *nft) add(what string, kind uint16, flags uint16, family byte, write func(*encoder)) {
	n.named = append(n.named, what)
	n.batch = append(n.batch, message{kindOf(kind), flags | unix.NLM_F_ACK, append(header(family, 0), attributes(write)...)})
}

// commit carries the batch out: all of it, or nothing.
func (n *nft) commit() error {
	batch, named := n.batch, n.named
	n.batch, n.named = nil, nil
	bound := func(kind uint16) message {
		return message{kind, 0, header(unix.AF_UNSPEC, unix.NFNL_SUBSYS_NFTABLES)}
	}
	all := append([]message{bound(unix.NFNL_MSG_BATCH_BEGIN)}, batch...)
	place, err := n.askAll(append(all, bound(unix.NFNL_MSG_BATCH_END)))
	if err != nil {
		return fmt.Errorf("%s: %w", named[max(0, min(place-1, len(named)-1))], err)
	}
	return nil
}

// dump asks for what there is.
func (n *nft) dump(kind uint16, family byte, write func(*encoder)) ([]reply, error) {
	return n.ask(message{kindOf(kind), unix.NLM_F_DUMP, append(header(family, 0), attributes(write)...)})
}

// table is one owned table with its sets.
type table struct {
	nft    *nft
	family byte
	name   string
	sets   uint32
}

// tablePrefix is by what our tables are known, whoever made them.
const tablePrefix = "faultline_"

// isTableName: lower case, digits and underscores.
func isTableName(name string) bool {
	return name != "" && len(name) <= 64 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

func newTable(name string, family byte) (*table, error) {
	if !isTableName(name) {
		return nil, refuse("name", fmt.Sprintf("%q is no name for a table", name))
	}
	return &table{name: tablePrefix + name, family: family}, nil
}

func (t *table) open() error {
	socket, err := openNft()
	if err != nil {
		return refuse("nftables", "this kernel has no nftables: "+err.Error())
	}
	t.nft = socket
	return nil
}

// end deletes it; true: looked for, and not found any more.
func (t *table) end() bool {
	t.delete()
	_ = t.nft.commit()
	// What can't be deleted goes with the socket.
	t.nft.close()
	return t.isGone()
}

// isGone looks for it with a socket of its own.
func (t *table) isGone() bool {
	socket, err := openNft()
	if err != nil {
		return false
	}
	defer socket.close()
	there, err := (&table{nft: socket, family: t.family, name: t.name}).exists()
	return err == nil && !there
}

func (t *table) create() {
	t.nft.add("a table that belongs to its process", unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE|unix.NLM_F_EXCL, t.family, func(a *encoder) {
		a.String(unix.NFTA_TABLE_NAME, t.name)
		a.Uint32(unix.NFTA_TABLE_FLAGS, tableOwner)
	})
}

func (t *table) delete() {
	t.nft.add("the table's end", unix.NFT_MSG_DELTABLE, 0, t.family, func(a *encoder) {
		a.String(unix.NFTA_TABLE_NAME, t.name)
	})
}

// exists asks whether there is a table of that name.
func (t *table) exists() (bool, error) {
	names, err := t.names()
	return slices.Contains(names, t.name), err
}

// names are those of all tables of its family.
func (t *table) names() ([]string, error) {
	found, err := t.nft.dump(unix.NFT_MSG_GETTABLE, t.family, func(*encoder) {})
	var names []string
	for _, got := range found {
		name, _ := stringOf(got.data[4:], unix.NFTA_TABLE_NAME)
		names = append(names, name)
	}
	return names, err
}

func (t *table) set(name string, keyType, keyLen, flags uint32) {
	t.sets++
	t.nft.add("a set "+name, unix.NFT_MSG_NEWSET, unix.NLM_F_CREATE, t.family, func(a *encoder) {
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

// addressSet is a set for each family.
func (t *table) addressSet(name string) {
	for _, f := range ipFamilies {
		t.set(name+f.suffix, f.keyType, f.addressBytes, 0)
	}
}

// addresses adds (or deletes) them in the sets of their families.
func (t *table) addresses(kind uint16, set string, addresses []string) error {
	four, six, err := keysOf(addresses)
	if err != nil {
		return err
	}
	t.elements(kind, set+"4", unique(four), 0)
	t.elements(kind, set+"6", unique(six), 0)
	return nil
}

// devices adds (or deletes) them in the set `on`: with a duration the kernel ends what they make effective.
func (t *table) devices(kind uint16, names []string, duration time.Duration) {
	keys := make([][]byte, 0, len(names))
	for _, name := range names {
		keys = append(keys, keyOfName(name))
	}
	t.elements(kind, setOn, keys, duration)
}

// elements adds (or deletes) keys; with a timeout the kernel forgets them by itself.
func (t *table) elements(kind uint16, set string, keys [][]byte, timeout time.Duration) {
	if len(keys) == 0 {
		return
	}
	var flags uint16
	if kind == unix.NFT_MSG_NEWSETELEM {
		flags = unix.NLM_F_CREATE
	}
	t.nft.add("elements of "+set, kind, flags, t.family, func(a *encoder) {
		a.String(unix.NFTA_SET_ELEM_LIST_TABLE, t.name)
		a.String(unix.NFTA_SET_ELEM_LIST_SET, set)
		nested(a, unix.NFTA_SET_ELEM_LIST_ELEMENTS, func(list *encoder) {
			for _, key := range keys {
				nested(list, unix.NFTA_LIST_ELEM, func(element *encoder) {
					nested(element, unix.NFTA_SET_ELEM_KEY, func(data *encoder) { data.Bytes(unix.NFTA_DATA_VALUE, key) })
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
	found, err := t.nft.dump(unix.NFT_MSG_GETSETELEM, t.family, func(a *encoder) {
		a.String(unix.NFTA_SET_ELEM_LIST_TABLE, t.name)
		a.String(unix.NFTA_SET_ELEM_LIST_SET, set)
	})
	if err != nil {
		return 0, false, err
	}
	least, any := time.Duration(0), false
	for _, got := range found {
		each(got.data[4:], unix.NFTA_SET_ELEM_LIST_ELEMENTS, func(list []byte) {
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
	t.nft.add("a chain "+name, unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE, t.family, func(a *encoder) {
		a.String(unix.NFTA_CHAIN_TABLE, t.name)
		a.String(unix.NFTA_CHAIN_NAME, name)
		nested(a, unix.NFTA_CHAIN_HOOK, func(h *encoder) {
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
	t.nft.add("a rule of "+chain, unix.NFT_MSG_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_APPEND, t.family, func(a *encoder) {
		a.String(unix.NFTA_RULE_TABLE, t.name)
		a.String(unix.NFTA_RULE_CHAIN, chain)
		nested(a, unix.NFTA_RULE_EXPRESSIONS, func(list *encoder) {
			for _, one := range expressions {
				nested(list, unix.NFTA_LIST_ELEM, func(element *encoder) {
					element.String(unix.NFTA_EXPR_NAME, one.name)
					nested(element, unix.NFTA_EXPR_DATA, one.data)
				})
			}
		})
	})
}

// counted is the sum of the counters of all rules, by chain.
func (t *table) counted() (map[string]uint64, error) {
	found, err := t.nft.dump(unix.NFT_MSG_GETRULE, t.family, func(a *encoder) {
		a.String(unix.NFTA_RULE_TABLE, t.name)
	})
	if err != nil {
		return nil, err
	}
	sums := map[string]uint64{}
	for _, got := range found {
		if name, _ := stringOf(got.data[4:], unix.NFTA_RULE_TABLE); name != t.name {
			continue
		}
		chain, _ := stringOf(got.data[4:], unix.NFTA_RULE_CHAIN)
		each(got.data[4:], unix.NFTA_RULE_EXPRESSIONS, func(list []byte) {
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
