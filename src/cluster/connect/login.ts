/** Which command renews a login, by the program that a kubeconfig asks for it. */
import { basename } from 'node:path';
import { t } from '../../base/messages.ts';
import type { ExecSettings, UserSettings } from './settings.ts';

/** What a person types to be logged in again. */
export function loginCommand(exec: ExecSettings): string {
  const { args, env } = exec;
  const profile = env['AWS_PROFILE'] ?? after(args, '--profile');
  switch (basename(exec.command).replace(/\.(exe|cmd)$/i, '')) {
    case 'aws':
    case 'aws-iam-authenticator':
      return profile === undefined ? 'aws sso login' : `aws sso login --profile ${quoted(profile)}`;
    case 'gke-gcloud-auth-plugin':
    case 'gcloud':
      return 'gcloud auth login';
    case 'kubelogin':
      // Two programs have this name: Azure's has the command get-token with a login of its own, or takes that of az.
      return isAzure(args) ? azureCommand(args) : commandLine(exec);
    case 'az':
      return 'az login';
    case 'tsh':
      return 'tsh login';
    case 'doctl':
      return 'doctl auth init';
    case 'oci':
      return 'oci session authenticate';
    case 'ibmcloud':
      return 'ibmcloud login';
    case 'tanzu':
    case 'pinniped':
      return commandLine(exec);
    default:
      return commandLine(exec);
  }
}

/** What to do about a login that the server does not take, for each kind of login. */
export function renewal(user: UserSettings): string {
  const { exec, authProvider } = user;
  if (exec !== undefined) return t('Run {0} in a terminal, then try again.', loginCommand(exec));
  if (authProvider?.name === 'oidc') {
    const issuer = authProvider.config['idp-issuer-url'];
    return t(
      'Log in again at {0} with the program that wrote the kubeconfig (kubelogin, for example): its OIDC login has run out.',
      String(issuer),
    );
  }
  if (authProvider !== undefined) return t('Log in again with the program that wrote the kubeconfig: {0}.', authProvider.name);
  if (user.tokenFile !== undefined) return t('Write a new token into {0}.', user.tokenFile);
  if (user.token !== undefined) return t('Put a new token into the kubeconfig, for example by kubectl create token.');
  if (user.certData !== undefined || user.certFile !== undefined)
    return t('Ask for a new client certificate, and put it into the kubeconfig.');
  if (user.username !== undefined) return t('Check user name and password in the kubeconfig.');
  return t('Give the context a user in the kubeconfig: it names none.');
}

/** As a shell takes it. */
export function commandLine({ command, args }: ExecSettings): string {
  return [command, ...args].map(quoted).join(' ');
}

function isAzure(args: readonly string[]): boolean {
  return args.includes('--server-id') || args.includes('--login') || args.includes('-l');
}

function azureCommand(args: readonly string[]): string {
  const mode = after(args, '--login') ?? after(args, '-l');
  return mode === undefined || mode === 'azurecli' || mode === 'devicecode' || mode === 'interactive'
    ? 'az login'
    : `kubelogin ${args.map(quoted).join(' ')}`;
}

function after(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1) : args[at + 1];
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
