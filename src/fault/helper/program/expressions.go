package main

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// expression is one step of a rule: the rule goes on to the next where it holds.
type expression struct {
	name string
	data func(*encoder)
}

func load(key uint32) expression {
	return expression{"meta", func(a *encoder) {
		a.Uint32(unix.NFTA_META_DREG, register)
		a.Uint32(unix.NFTA_META_KEY, key)
	}}
}

func inSet(set string) expression { return lookup(set, 0) }

func lookup(set string, flags uint32) expression {
	return expression{"lookup", func(a *encoder) {
		a.String(unix.NFTA_LOOKUP_SET, set)
		a.Uint32(unix.NFTA_LOOKUP_SREG, register)
		if flags != 0 {
			a.Uint32(unix.NFTA_LOOKUP_FLAGS, flags)
		}
	}}
}

func compare(how uint32, value []byte) expression {
	return expression{"cmp", func(a *encoder) {
		a.Uint32(unix.NFTA_CMP_SREG, register)
		a.Uint32(unix.NFTA_CMP_OP, how)
		nested(a, unix.NFTA_CMP_DATA, func(data *encoder) { data.Bytes(unix.NFTA_DATA_VALUE, value) })
	}}
}

func equals(value ...byte) expression { return compare(unix.NFT_CMP_EQ, value) }

func payload(base, offset, length uint32) expression {
	return expression{"payload", func(a *encoder) {
		a.Uint32(unix.NFTA_PAYLOAD_DREG, register)
		a.Uint32(unix.NFTA_PAYLOAD_BASE, base)
		a.Uint32(unix.NFTA_PAYLOAD_OFFSET, offset)
		a.Uint32(unix.NFTA_PAYLOAD_LEN, length)
	}}
}

func counter() expression {
	return expression{"counter", func(a *encoder) {
		a.Uint64(unix.NFTA_COUNTER_BYTES, 0)
		a.Uint64(unix.NFTA_COUNTER_PACKETS, 0)
	}}
}

func verdict(code int32) expression {
	return expression{"immediate", func(a *encoder) {
		a.Uint32(unix.NFTA_IMMEDIATE_DREG, unix.NFT_REG_VERDICT)
		nested(a, unix.NFTA_IMMEDIATE_DATA, func(data *encoder) {
			nested(data, unix.NFTA_DATA_VERDICT, func(v *encoder) { v.Uint32(unix.NFTA_VERDICT_CODE, uint32(code)) })
		})
	}}
}

const (
	verdictDrop   = 0
	verdictAccept = 1
)

// chance holds for so many of ten thousand packets, at random.
func chance(ofTenThousand uint32) []expression {
	return []expression{
		{"numgen", func(a *encoder) {
			a.Uint32(unix.NFTA_NG_DREG, register)
			a.Uint32(unix.NFTA_NG_MODULUS, 10_000)
			a.Uint32(unix.NFTA_NG_TYPE, 1) // random
			a.Uint32(unix.NFTA_NG_OFFSET, 0)
		}},
		// Comparing is by bytes, from the first on.
		{"byteorder", func(a *encoder) {
			a.Uint32(unix.NFTA_BYTEORDER_SREG, register)
			a.Uint32(unix.NFTA_BYTEORDER_DREG, register)
			a.Uint32(unix.NFTA_BYTEORDER_OP, 1) // to the network's
			a.Uint32(unix.NFTA_BYTEORDER_LEN, 4)
			a.Uint32(unix.NFTA_BYTEORDER_SIZE, 4)
		}},
		compare(unix.NFT_CMP_LT, binary.BigEndian.AppendUint32(nil, ofTenThousand)),
	}
}

// isOpening holds for the packet that asks for a connection: of FIN, SYN, RST and ACK it has SYN alone.
func isOpening() []expression {
	const flags, synOnly = 0x17, 0x02
	value := func(a *encoder, kind uint16, bits byte) {
		nested(a, kind, func(data *encoder) { data.Bytes(unix.NFTA_DATA_VALUE, []byte{bits}) })
	}
	return []expression{
		payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1),
		{"bitwise", func(a *encoder) {
			a.Uint32(unix.NFTA_BITWISE_SREG, register)
			a.Uint32(unix.NFTA_BITWISE_DREG, register)
			a.Uint32(unix.NFTA_BITWISE_LEN, 1)
			value(a, unix.NFTA_BITWISE_MASK, flags)
			value(a, unix.NFTA_BITWISE_XOR, 0)
		}},
		equals(synOnly),
	}
}

func constant(value []byte) expression {
	return expression{"immediate", func(a *encoder) {
		a.Uint32(unix.NFTA_IMMEDIATE_DREG, register)
		nested(a, unix.NFTA_IMMEDIATE_DATA, func(data *encoder) { data.Bytes(unix.NFTA_DATA_VALUE, value) })
	}}
}

// redirect sends it to a port of this namespace.
func redirect(port uint16) []expression {
	return one(constant(binary.BigEndian.AppendUint16(nil, port)), expression{"redir", func(a *encoder) {
		a.Uint32(unix.NFTA_REDIR_REG_PROTO_MIN, register)
	}})
}

// goesBy names the class of a queue that it takes.
func goesBy(class uint32) []expression {
	return one(constant(binary.NativeEndian.AppendUint32(nil, class)), expression{"meta", func(a *encoder) {
		a.Uint32(unix.NFTA_META_KEY, unix.NFT_META_PRIORITY)
		a.Uint32(unix.NFTA_META_SREG, register)
	}})
}

// ipFamily is what rules have to know of IPv4 and IPv6.
type ipFamily struct {
	suffix       string // of sets: "4", "6"
	etherType    [2]byte
	source       uint32 // offset in the network header
	destination  uint32
	addressBytes uint32
	keyType      uint32
}

var ipFamilies = []ipFamily{
	{"4", [2]byte{0x08, 0x00}, 12, 16, 4, typeIPv4},
	{"6", [2]byte{0x86, 0xdd}, 8, 24, 16, typeIPv6},
}

func (f ipFamily) is() []expression {
	return []expression{load(unix.NFT_META_PROTOCOL), equals(f.etherType[:]...)}
}

// address loads where a packet comes from, or goes to.
func (f ipFamily) address(source bool) expression {
	if source {
		return payload(unix.NFT_PAYLOAD_NETWORK_HEADER, f.source, f.addressBytes)
	}
	return payload(unix.NFT_PAYLOAD_NETWORK_HEADER, f.destination, f.addressBytes)
}

func protocolIs(protocol byte) []expression {
	return []expression{load(unix.NFT_META_L4PROTO), equals(protocol)}
}

// portOf loads the source or destination port of TCP and UDP.
func portOf(source bool) expression {
	if source {
		return payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2)
	}
	return payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2)
}

func rule(parts ...[]expression) []expression {
	var all []expression
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

func one(expressions ...expression) []expression { return expressions }
