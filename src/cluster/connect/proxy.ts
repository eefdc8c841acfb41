/**
 * Which proxy leads to an API server: the one that its kubeconfig names, else one of the environment, by the rules of kubectl (Go's
 * `golang.org/x/net/http/httpproxy`), so that both take the same way.
 */
import { BlockList, isIP } from 'node:net';
import { FaultlineError } from '../../base/errors.ts';
import { t } from '../../base/messages.ts';

export interface Proxy {
  readonly url: URL;
  /** Where it stands, for who has to correct it: `proxy-url`, `HTTPS_PROXY`, … */
  readonly from: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const schemes: ReadonlySet<string> = new Set(['http:', 'https:', 'socks:', 'socks4:', 'socks4a:', 'socks5:', 'socks5h:']);

/** What the kubeconfig names goes for any server; one of the environment not for this machine, nor for what NO_PROXY names. Fails: `invalid`. */
export function proxyFor(server: string, proxyUrl: string | undefined, env: Env): Proxy | undefined {
  if (proxyUrl !== undefined) return parsed(proxyUrl, 'proxy-url');
  const { protocol, hostname, port } = new URL(server);
  const isTls = protocol === 'https:';
  const [variable, value] = given(env, isTls ? ['HTTPS_PROXY', 'https_proxy'] : ['HTTP_PROXY', 'http_proxy']);
  if (value === '' || !isProxied(bare(hostname), port || (isTls ? '443' : '80'), given(env, ['NO_PROXY', 'no_proxy'])[1])) return undefined;
  return parsed(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`, variable);
}

/** As it may be shown. */
export function proxyText({ url }: Proxy): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

/** The first that is set and not empty. */
function given(env: Env, names: readonly [string, string]): readonly [name: string, value: string] {
  const name = names.find((one) => (env[one] ?? '') !== '') ?? names[0];
  return [name, env[name] ?? ''];
}

function parsed(text: string, from: string): Proxy {
  const url = URL.parse(text);
  if (url !== null && schemes.has(url.protocol) && url.hostname !== '') return { url, from };
  throw new FaultlineError('invalid', {
    what:
      url === null || url.hostname === ''
        ? t('What {0} names is not the address of a proxy', from)
        : t('{0} names a proxy of the kind {1}, which is not known', from, url.protocol.replace(/:$/, '')),
    remedy: t('Write it as {0}, {1} or {2}.', 'http://host:port', 'https://host:port', 'socks5://host:port'),
  });
}

/** `rules`: NO_PROXY. Exported for its test. */
export function isProxied(host: string, port: string, rules: string): boolean {
  const name = host.toLowerCase();
  if (name === 'localhost' || isLoopback(name)) return false;
  return !rules.split(',').some((rule) => isExempt(name, port, rule.trim().toLowerCase()));
}

function isExempt(host: string, port: string, rule: string): boolean {
  if (rule === '') return false;
  if (rule === '*') return true;
  const [network = '', bits] = rule.split('/');
  if (bits !== undefined) return isIP(network) !== 0 && /^\d{1,3}$/.test(bits) && isWithin(host, network, Number(bits));
  const [name, ofPort] = hostAndPort(rule);
  if (name === '' || (ofPort !== undefined && ofPort !== port)) return false;
  if (isIP(name) !== 0) return isWithin(host, name, isIP(name) === 4 ? 32 : 128);
  // "example.com" is the host and all below it, ".example.com" and "*.example.com" only those.
  const suffix = name.startsWith('*.') ? name.slice(1) : name;
  return suffix.startsWith('.') ? host.endsWith(suffix) : host === suffix || host.endsWith(`.${suffix}`);
}

/** "[::1]:8080", "::1", "example.com:443" */
function hostAndPort(rule: string): readonly [host: string, port: string | undefined] {
  if (isIP(rule) !== 0) return [rule, undefined];
  const match = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>\d+))?$/.exec(rule);
  return [bare(match?.groups?.['host'] ?? ''), match?.groups?.['port']];
}

function isLoopback(host: string): boolean {
  return isWithin(host, '127.0.0.0', 8) || isWithin(host, '::1', 128);
}

function isWithin(host: string, network: string, bits: number): boolean {
  const family = isIP(host);
  const ofNetwork = isIP(network);
  if (family === 0 || bits > (ofNetwork === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, ofNetwork === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** Without the brackets of an IPv6 address. */
export function bare(host: string): string {
  return host.replace(/^\[|\]$/g, '');
}
