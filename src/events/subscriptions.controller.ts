import {
  Body,
  Controller,
  Delete,
  ForbiddenException,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { accountAsked } from '../access/account-asked.js';
import type { AccountChoice } from '../access/account-choice.js';
import { callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { onlyAccountAsked } from '../access/only-account-asked.js';
import { textFor } from '../access/mask.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { EMPTY_PAGE, type Page } from '../database/page.js';
import { KeyShareInterceptor } from '../limits/key-share.js';
import { EsmsSubscriptions } from './esms-subscriptions.js';
import type { ParkedDelivery } from './parked-deliveries.js';
import { ReplayEventsDto } from './replay-events.dto.js';
import type { Subscription } from './subscription-queries.js';

type AnyQuery = Readonly<Record<string, unknown>>;

/** How many deliveries something was done to. */
interface Done {
  count: number;
}

/**
 * The subscribers of events: seen, paused, replayed, retired, and what they could not deliver. Counts and parked
 * deliveries are those of the caller's account; a subscriber serves all accounts, or, as a webhook does, one.
 */
@Controller('subscriptions')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class SubscriptionsController {
  constructor(private readonly subscriptions: EsmsSubscriptions) {}

  /** All subscribers by name. */
  @Get()
  @RequireScope('read')
  async list(@Req() request: object): Promise<{ items: Subscription[] }> {
    return { items: await this.subscriptions.list(callerOf(request)) };
  }

  /** Its events wait until it is resumed. */
  @Post(':name/pause')
  @HttpCode(200)
  @RequireScope('operate')
  async pause(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    await this.#operated(request, name);
    await this.subscriptions.pause(name);
    return this.#see(request, name);
  }

  /** Ends a pause. */
  @Post(':name/resume')
  @HttpCode(200)
  @RequireScope('operate')
  async resume(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    await this.#operated(request, name);
    await this.subscriptions.resume(name);
    return this.#see(request, name);
  }

  /** Delivers again every event stored since a time. */
  @Post(':name/replay')
  @HttpCode(200)
  @RequireScope('operate')
  async replay(@Req() request: object, @Param('name') name: string, @Body() body: unknown): Promise<Subscription> {
    await this.#operated(request, name);
    await this.subscriptions.replay(name, validated(ReplayEventsDto, body ?? {}).from);
    return this.#see(request, name);
  }

  /** Takes from it the events that no process that runs has a handler for. */
  @Post(':name/narrow')
  @HttpCode(200)
  @RequireScope('operate')
  async narrow(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    await this.#operated(request, name);
    await this.subscriptions.narrow(name);
    return this.#see(request, name);
  }

  /** Forgets a subscriber that nobody hosts. Answers with what it was. */
  @Delete(':name')
  @RequireScope('operate')
  async retire(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    const subscription = await this.#operated(request, name);
    await this.subscriptions.retire(name);
    return subscription;
  }

  /** The deliveries it gave up, oldest event first; what a handler threw may name persons and secrets. */
  @Get(':name/parked')
  @RequireScope('read')
  async parked(
    @Req() request: object,
    @Param('name') name: string,
    @Query() query: AnyQuery,
  ): Promise<Page<ParkedDelivery>> {
    const account = accountAsked(request, query);
    if (account === null) return EMPTY_PAGE;
    const { items, nextCursor } = await this.subscriptions.parked(name, { ...query, ...account });
    const caller = callerOf(request);
    return { items: items.map((item) => ({ ...item, error: textFor(caller, item.error) })), nextCursor };
  }

  /** Gives all of them their attempts again. */
  @Post(':name/parked/requeue')
  @HttpCode(200)
  @RequireScope('operate')
  async requeueAll(@Req() request: object, @Param('name') name: string, @Query() query: AnyQuery): Promise<Done> {
    return { count: await changed(request, query, (account) => this.subscriptions.requeue(name, account)) };
  }

  /** Counts all of them as done. */
  @Post(':name/parked/skip')
  @HttpCode(200)
  @RequireScope('operate')
  async skipAll(@Req() request: object, @Param('name') name: string, @Query() query: AnyQuery): Promise<Done> {
    return { count: await changed(request, query, (account) => this.subscriptions.skip(name, account)) };
  }

  /** Gives one of them its attempts again. */
  @Post(':name/parked/:eventId/requeue')
  @HttpCode(200)
  @RequireScope('operate')
  async requeue(
    @Req() request: object,
    @Param('name') name: string,
    @Param('eventId') eventId: string,
    @Query() query: AnyQuery,
  ): Promise<Done> {
    const requeue = (account: AccountChoice) => this.subscriptions.requeue(name, { ...account, eventId });
    return demandOne(await changed(request, query, requeue));
  }

  /** Counts one of them as done. */
  @Post(':name/parked/:eventId/skip')
  @HttpCode(200)
  @RequireScope('operate')
  async skip(
    @Req() request: object,
    @Param('name') name: string,
    @Param('eventId') eventId: string,
    @Query() query: AnyQuery,
  ): Promise<Done> {
    const skip = (account: AccountChoice) => this.subscriptions.skip(name, { ...account, eventId });
    return demandOne(await changed(request, query, skip));
  }

  /** What is done to it is done for all accounts that it serves. */
  async #operated(request: object, name: string): Promise<Subscription> {
    const subscription = await this.#see(request, name);
    const { account } = callerOf(request);
    if (account === null || subscription.account === account) return subscription;
    throw new ForbiddenException(`subscriber ${name} serves all accounts: an API key without an account is needed`);
  }

  #see(request: object, name: string): Promise<Subscription> {
    return this.subscriptions.get(name, callerOf(request));
  }
}

/** How many parked deliveries were changed: none of an account that is not the caller's, as if there were none. */
async function changed(
  request: object,
  query: AnyQuery,
  change: (account: AccountChoice) => Promise<number>,
): Promise<number> {
  const account = onlyAccountAsked(request, query);
  return account === null ? 0 : change(account);
}

function demandOne(count: number): Done {
  if (count === 0) throw new NotFoundException('no such parked delivery');
  return { count };
}
