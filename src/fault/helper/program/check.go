package main

import (
	"fmt"
	"os"
)

// checkAll tries every mechanism up to where its effect would begin, and takes it back.
func checkAll() map[string]mechanismCheck {
	none := exempt{}
	name := fmt.Sprintf("check_%d", os.Getpid())
	try := func(spec fault) mechanismCheck {
		made, err := mechanismOf(name, spec)
		if err != nil {
			return mechanismCheck{Why: err.Error()}
		}
		ready, err := made.prepare()
		made.stop()
		_, _ = made.drained(true)
		if err != nil {
			return mechanismCheck{Why: refusalOf(err).Text}
		}
		return mechanismCheck{Possible: true, Note: ready.Note}
	}
	found := map[string]mechanismCheck{
		"networkCut":     try(fault{Kind: "networkCut", Direction: "both", Exempt: none}),
		"packetLoss":     try(fault{Kind: "packetLoss", Direction: "both", Percent: 50, Exempt: none}),
		"latency":        try(fault{Kind: "latency", LatencyMs: 1, Existing: "unaffected", Exempt: none}),
		"slowClose":      try(fault{Kind: "slowClose", DelayMs: 1, Port: 1, Existing: "unaffected", Exempt: none}),
		"freeze":         try(fault{Kind: "freeze"}),
		"containerCrash": try(fault{Kind: "containerCrash"}),
		"cpuStress":      try(fault{Kind: "cpuStress", Cores: 1}),
		"memoryStress":   try(fault{Kind: "memoryStress", Bytes: 1}),
		"reset":          {Possible: true},
		"netem":          try(fault{Kind: "latency", LatencyMs: 1, Port: 1, Existing: "delayed", Exempt: none}),
	}
	if err := canDestroy(); err != nil {
		found["reset"] = mechanismCheck{Why: "this kernel can't reset connections: " + err.Error()}
	}
	return found
}
