/** What the commands of a cluster's lines share: whose line it is, and the consent to change its cluster. */
import * as vscode from 'vscode';
import { cancelled, invalid } from '../../../base/errors.ts';
import { t } from '../../../base/messages.ts';
import {
  consentTo,
  nameToType,
  protectionNotes,
  type ClusterChange,
  type Consent,
  type Protection,
  type ProtectionLevel,
} from '../../../cluster/act/protection.ts';
import { protectionOf, type ProtectionLevels } from '../../../cluster/act/levels.ts';
import type { ClusterIdentity } from '../../../cluster/connect/identity.ts';
import type { KubeContext } from '../../../cluster/connect/kubeconfig.ts';
import type { Line, PodLine } from '../../../cluster/recognise/model.ts';
import type { Commands, SettingsReader } from '../../contribute.ts';
import type { Notifier } from '../../notify.ts';
import { needsTrust } from '../../notify.ts';
import type { Clusters, OpenCluster } from '../../session/clusters.ts';
import { consentFor } from '../../session/consent.ts';

export interface ClusterCommandParts {
  readonly commands: Commands;
  readonly notifier: Notifier;
  readonly settings: SettingsReader;
  readonly clusters: Clusters;
}

export interface LineArgument {
  readonly context: KubeContext;
  readonly line: Line;
}

/** Menus pass the item that they stand on. */
export function isLineArgument(value: unknown): value is LineArgument {
  return isContextArgument(value) && 'line' in value && typeof value.line === 'object' && value.line !== null;
}

export function isContextArgument(value: unknown): value is { readonly context: KubeContext } {
  if (typeof value !== 'object' || value === null || !('context' in value)) return false;
  const { context } = value;
  return typeof context === 'object' && context !== null && 'name' in context && 'file' in context;
}

export interface ChosenPod {
  readonly cluster: OpenCluster;
  readonly pod: PodLine;
}

/** The pod of the line that a menu stands on; else a person chooses one of all that are shown. */
export async function podOf(argument: unknown, title: string, parts: ClusterCommandParts): Promise<ChosenPod | undefined> {
  if (isLineArgument(argument)) {
    const { subject } = argument.line;
    const pod = subject.kind === 'pod' ? subject.pod : subject.kind === 'broker' ? subject.broker.pod : undefined;
    if (pod !== undefined) return { cluster: await parts.clusters.use(argument.context), pod };
  }
  return choosePod(title, parts);
}

async function choosePod(title: string, { clusters }: ClusterCommandParts): Promise<ChosenPod | undefined> {
  const all = clusters.open.flatMap((cluster) => podsOf(cluster).map((pod) => ({ cluster, pod })));
  if (all.length === 0) throw invalid(t('There is no pod to choose from'), t('Open a cluster in the Clusters view first.'));
  const items = all.map((choice) => ({
    label: choice.pod.ref.name,
    description: `${choice.pod.ref.namespace ?? ''} · ${choice.pod.health.word}`,
    detail: `${choice.pod.engine} ${choice.pod.role} · ${choice.cluster.context.name}`,
    choice,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true }))?.choice;
}

export function podsOf({ live }: OpenCluster): readonly PodLine[] {
  const { engines, kafka, storage, monitoring } = live.model();
  return [engines, kafka, storage, monitoring].flatMap(({ items }) => items.flatMap(({ roles }) => roles.flatMap(({ pods }) => pods)));
}

/** As a person set it; clusters that nobody said anything about are protected. */
export function protectionOfCluster(
  { connection }: OpenCluster,
  identity: ClusterIdentity | undefined,
  { settings }: Pick<ClusterCommandParts, 'settings'>,
): Protection {
  return protectionOf(connection, identity, settings.read('faultline.clusters.protection'));
}

/** Asks as the cluster's protection wants it. Fails: `cancelled`, `refusedByProtection`, and as a request does: the cluster says which one it is. */
export async function askConsent(
  cluster: OpenCluster,
  change: ClusterChange,
  question: { readonly what: string; readonly detail: string; readonly button: string },
  { clusters, settings }: Pick<ClusterCommandParts, 'settings' | 'clusters'>,
): Promise<Consent> {
  if (!vscode.workspace.isTrusted) throw needsTrust(t('Clusters are not changed'));
  const levels = (): ProtectionLevels => settings.read('faultline.clusters.protection');
  return consentFor(cluster, clusters, levels, (protection) => askByLevel(protection, change, question));
}

async function askByLevel(
  protection: Protection,
  change: ClusterChange,
  question: { readonly what: string; readonly detail: string; readonly button: string },
): Promise<Consent> {
  const detail = [question.detail, ...protectionNotes(protection)].join(' ');
  const name = nameToType(protection);
  if (name === undefined || protection.level === 'readOnly') {
    // What is read-only says so before anybody is asked.
    const consent = consentTo(protection, change);
    const answer = await vscode.window.showWarningMessage(question.what, { modal: true, detail }, question.button);
    if (answer !== question.button) throw cancelled();
    return consent;
  }
  const { typedInto } = await import('../../session/typedName.ts');
  const box = vscode.window.createInputBox();
  box.title = question.what;
  box.prompt = `${detail} ${t('{0} at {1} is protected: type its name to confirm.', name, protection.server)}`;
  box.placeholder = name;
  box.ignoreFocusOut = true;
  const typedName = await typedInto(box, name);
  if (typedName === undefined) throw cancelled();
  return consentTo(protection, change, { typedName });
}

/** Of the setting. */
export const protectionLevels: readonly ProtectionLevel[] = ['open', 'confirm', 'readOnly'];
