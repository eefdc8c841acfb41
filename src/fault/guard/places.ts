/** What nobody breaks from here: the cluster itself, and pods on which a kind can't work or would hit more than it says. Pure. */
import { t } from '../../base/messages.ts';
import { isControlPlane, isSystem } from '../../cluster/act/protection.ts';
import type { Node } from '../../cluster/objects.ts';
import type { FaultKind, FaultTarget } from '../../journal/fault-plan.ts';
import { factsOf } from '../catalogue.ts';
import { architectureOf } from '../helper/architecture.ts';
import { healerLabel, probeLabel, runMark } from '../marks.ts';
import { isGoing, podOf, type FaultScene, type ScenePod } from '../scene.ts';
import { refusal, type Refusal } from './refusal.ts';

/** Of one target. */
export function placeRefusals(scene: FaultScene, kind: FaultKind, target: FaultTarget): readonly Refusal[] {
  if (kind === 'none') return [];
  if (target.kind === 'node') return nodeRefusals(scene, kind, target);
  if (target.namespace !== undefined && isSystem(target.namespace))
    return [refusal('system', t('{0} is in {1}, which belongs to the cluster itself', target.name, target.namespace))];
  if (target.kind === 'workload') return [];
  const pod = podOf(scene, target.uid);
  return pod === undefined ? [] : podRefusals(scene, kind, pod);
}

function nodeRefusals({ nodes }: FaultScene, kind: FaultKind, target: FaultTarget): readonly Refusal[] {
  const node = nodes.find(({ metadata }) => metadata.uid === target.uid);
  if (node === undefined) return [];
  if (isControlPlane(node))
    return [refusal('system', t('Node {0} runs the control plane: without it nothing could be scheduled or healed', target.name))];
  if ((kind === 'cordon' || kind === 'drain') && node.spec?.unschedulable === true)
    return [
      refusal('unfit', t('Node {0} is cordoned already: healing would take back what somebody else has done', target.name), {
        remedy: t('Uncordon it first, or choose another node.'),
      }),
    ];
  return [];
}

function podRefusals({ nodes }: FaultScene, kind: FaultKind, pod: ScenePod): readonly Refusal[] {
  const { name, annotations = {}, labels = {}, ownerReferences = [] } = pod.metadata;
  const { mechanism, isNetwork } = factsOf(kind);
  const node = nodes.find(({ metadata }) => metadata.name === pod.spec?.nodeName);
  const found: Refusal[] = [];
  const unfit = (text: string, remedy?: string): void => void found.push(refusal('unfit', text, remedy === undefined ? {} : { remedy }));
  const ours = labels['faultline.dev/kind'];
  const run = annotations[runMark] ?? t('unknown');
  if (ours === probeLabel['faultline.dev/kind'])
    unfit(t('Pod {0} is a vantage of run {1}: it would tell of its own fault, and not of what users feel', name, run));
  if (ours === healerLabel['faultline.dev/kind']) unfit(t('Pod {0} heals a fault when nobody else does', name));
  if (labels['tier'] === 'control-plane') found.push(refusal('system', t('Pod {0} is of the control plane', name)));
  if ('kubernetes.io/config.mirror' in annotations || ownerReferences.some((owner) => owner.kind === 'Node'))
    unfit(t('Pod {0} is a static one: its node runs it from a file, and the API only shows it', name));
  if (pod.spec?.hostNetwork === true) unfit(t('Pod {0} has the network of its node: a fault would hit the whole node', name));
  if (isGoing(pod)) unfit(t('Pod {0} is being deleted already', name));
  else if (pod.status?.phase !== 'Running') unfit(t('Pod {0} does not run: it is {1}', name, pod.status?.phase ?? t('unknown')));
  if (mechanism !== 'helper' && mechanism !== 'exec') return found;
  if (isWindows(pod, node)) unfit(t('Pod {0} runs on Windows, where our helper does not', name));
  if (isServerless(pod, node)) unfit(t('Pod {0} runs on no node of its own: containers can’t be added to it', name));
  // A node that has not told yet has them empty.
  const { architecture = '', kernelVersion = '' } = node?.status?.nodeInfo ?? {};
  if (architecture !== '' && architectureOf(architecture) === undefined)
    unfit(
      t('Pod {0} runs on {1}, and there are helpers for amd64 and arm64', name, architecture),
      t('Delete the pod instead, or choose one on another node.'),
    );
  if (mechanism === 'helper' && (pod.spec?.ephemeralContainers?.length ?? 0) >= 10)
    unfit(
      t('Pod {0} has ten ephemeral containers already, and they can’t be removed', name),
      t('Recreate the pod: delete it, and its controller brings a new one.'),
    );
  if (!isNetwork) return found;
  if (isTooOld(kernelVersion))
    found.push(
      refusal(
        'mechanism',
        t('Node {0} has kernel {1}: rules that end when their maker does need 5.12', node?.metadata.name ?? '', kernelVersion),
        {
          remedy: t('Choose a fault of the pod or of its container, or a pod on another node.'),
        },
      ),
    );
  const mesh = meshOf(pod);
  if (mesh !== undefined)
    unfit(
      t('Pod {0} has its traffic carried by {1}: network faults are not proven with it', name, mesh),
      t('Choose a fault of the pod or of its container.'),
    );
  if ('k8s.v1.cni.cncf.io/networks' in annotations)
    unfit(
      t('Pod {0} has several networks: network faults are not proven with them', name),
      t('Choose a fault of the pod or of its container.'),
    );
  return found;
}

function isWindows({ spec }: ScenePod, node: Node | undefined): boolean {
  const label = 'kubernetes.io/os';
  return spec?.os?.name === 'windows' || spec?.nodeSelector?.[label] === 'windows' || node?.metadata.labels?.[label] === 'windows';
}

/** Below 5.12, where `flags owner` came. What a distribution has brought back into its older kernel is found when the helper is armed. */
function isTooOld(kernelVersion: string): boolean {
  const [, major, minor, rest = ''] = /^(\d+)\.(\d+)(.*)$/.exec(kernelVersion) ?? [];
  if (major === undefined || rest.includes('.el8')) return false;
  return Number(major) < 5 || (Number(major) === 5 && Number(minor) < 12);
}

function isServerless(pod: ScenePod, node: Node | undefined): boolean {
  const { labels = {} } = node?.metadata ?? {};
  return (
    'eks.amazonaws.com/fargate-profile' in (pod.metadata.labels ?? {}) ||
    labels['eks.amazonaws.com/compute-type'] === 'fargate' ||
    labels['type'] === 'virtual-kubelet'
  );
}

function meshOf({ spec, metadata }: ScenePod): string | undefined {
  const names = new Set([...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].map(({ name }) => name));
  if (names.has('istio-proxy')) return 'Istio';
  if (names.has('linkerd-proxy')) return 'Linkerd';
  return metadata.annotations?.['ambient.istio.io/redirection'] === 'enabled' ? 'Istio' : undefined;
}
