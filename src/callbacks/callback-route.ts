import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { CallbackTokens } from '../access/callback-tokens.js';
import type { ResolvedStructure } from '../config/options.js';
import { STRUCTURE } from '../config/tokens.js';
import { locateCallback } from './callback-address.js';
import { applicationConfigOf, callbackPath } from './callback-path.js';

/** Most requests are told by this alone; a letter of the route may be escaped. */
const MAYBE_OURS = /callbacks|%/i;
const ROUTE = 'callbacks/esms';

/** Our callback route in this application, and which request targets are meant for it. */
@Injectable()
export class CallbackRoute {
  #path: string | null = null;
  readonly #plainEnd = /[\w-]+(?:\?|$)/y;

  constructor(
    private readonly moduleRef: ModuleRef,
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    private readonly tokens: CallbackTokens,
  ) {}

  /**
   * The same target as every router takes it, whatever joining and normalising did to it on its way. As it is where it is
   * not ours: another path of the host's, or one under another prefix with a token that nobody knows.
   */
  plainTarget(target: string): string {
    // Not before: the host sets its prefix after our providers are made.
    this.#path ??= callbackPath(applicationConfigOf(this.moduleRef), this.structure.path);
    if (!MAYBE_OURS.test(target) || this.#isPlain(target, this.#path)) return target;
    const found = locateCallback(target);
    if (found === null) return target;
    const { prefix, token, query } = found;
    const path = `/${prefix === '' ? '' : `${prefix}/`}${ROUTE}/`;
    const isOwn = path.toLowerCase() === this.#path.toLowerCase();
    if (!isOwn && this.tokens.accountOf(token) === null) return target;
    // A prefix with parameters (`:tenant`) is known by the target alone.
    return `${this.#path.includes(':') ? path : this.#path}${token}${query === null ? '' : `?${query}`}`;
  }

  /** The callback that a GET of this target is, with its account; null for another target or an unknown token. */
  callbackIn(target: string): { account: string; query: Buffer } | null {
    const found = locateCallback(target);
    const account = found === null ? null : this.tokens.accountOf(found.token);
    return account === null ? null : { account, query: Buffer.from(found?.query ?? '', 'latin1') };
  }

  #isPlain(target: string, path: string): boolean {
    this.#plainEnd.lastIndex = path.length;
    return target.startsWith(path) && this.#plainEnd.test(target);
  }
}
