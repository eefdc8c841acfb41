/** What kinds of faults have in common that runs are judged by too. Browser-safe. */
import type { FaultKind } from './fault-plan.ts';

/** They act on a pod's packets, and leave loopback alone, on which a port-forward enters. */
export const packetFaults: ReadonlySet<FaultKind> = new Set<FaultKind>(['networkCut', 'packetLoss', 'latency', 'slowClose']);
