import { RequestMethod } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import { trimmed } from './callback-address.js';

/** What Nest knows of an application: prefix, guards and so on. */
export type ApplicationConfig = NonNullable<ModuleRef['container']['applicationConfig']>;

/** Nest gives it to nobody. undefined in a version that keeps it elsewhere. */
export function applicationConfigOf(moduleRef: ModuleRef): ApplicationConfig | undefined {
  return moduleRef['container']?.applicationConfig;
}

/** Where the gateway calls in this application, up to the token: `/api/esms/callbacks/esms/`. */
export function callbackPath(config: ApplicationConfig | undefined, ownPath: string): string {
  const prefix = config === undefined || isOutsidePrefix(config, ownPath) ? '' : trimmed(config.getGlobalPrefix());
  return `/${[prefix, trimmed(ownPath), 'callbacks/esms/'].filter((part) => part !== '').join('/')}`;
}

/** Whether the host left the callback route out of its global prefix. */
export function isOutsidePrefix(config: ApplicationConfig, ownPath: string): boolean {
  const route = `/${[trimmed(ownPath), 'callbacks/esms/:token'].filter((part) => part !== '').join('/')}`;
  const { exclude = [] } = config.getGlobalPrefixOptions();
  const isGet = (method: RequestMethod | -1): boolean =>
    method === RequestMethod.GET || method === RequestMethod.ALL || method === -1;
  return exclude.some(({ requestMethod, pathRegex }) => isGet(requestMethod) && pathRegex.test(route));
}
