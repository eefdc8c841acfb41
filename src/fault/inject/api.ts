/** Injectors that need nothing but the API. Those with a helper are beside it. */
import type { Injector } from '../injector.ts';
import { cordon, drain } from './node.ts';
import { none } from './none.ts';
import { podDelete, podForget } from './pod.ts';
import { rollingRestart } from './rolling-restart.ts';
import { scale } from './scale.ts';

export const apiInjectors: readonly Injector[] = [none, podDelete, podForget, rollingRestart, scale, cordon, drain];
