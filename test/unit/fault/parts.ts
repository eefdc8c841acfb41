/** Short names for what a snapshot is made of. */
import type { Kinds as AllKinds, PartName } from '../../../src/cluster/recognise/kinds.ts';
export type { Part } from '../../../src/cluster/recognise/model.ts';

export type Kinds = AllKinds[PartName];
