import {
  Body,
  Controller,
  Delete,
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
import { callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor } from '../access/esms-error.interceptor.js';
import { AccountDto } from '../access/list.dto.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { EMPTY_PAGE, type Page } from '../database/page.js';
import { EsmsSubscriptions, type Subscription } from './esms-subscriptions.js';
import type { ParkedDelivery } from './parked-deliveries.js';
import { ReplayEventsDto } from './replay-events.dto.js';

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
@UseInterceptors(EsmsErrorInterceptor)
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
    await this.#see(request, name);
    await this.subscriptions.pause(name);
    return this.#see(request, name);
  }

  /** Ends a pause. */
  @Post(':name/resume')
  @HttpCode(200)
  @RequireScope('operate')
  async resume(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    await this.#see(request, name);
    await this.subscriptions.resume(name);
    return this.#see(request, name);
  }

  /** Delivers again every event since a time. */
  @Post(':name/replay')
  @HttpCode(200)
  @RequireScope('operate')
  async replay(@Req() request: object, @Param('name') name: string, @Body() body: unknown): Promise<Subscription> {
    await this.#see(request, name);
    await this.subscriptions.replay(name, validated(ReplayEventsDto, body ?? {}).from);
    return this.#see(request, name);
  }

  /** Forgets a subscriber that nobody hosts. Answers with what it was. */
  @Delete(':name')
  @RequireScope('operate')
  async retire(@Req() request: object, @Param('name') name: string): Promise<Subscription> {
    const subscription = await this.#see(request, name);
    await this.subscriptions.retire(name);
    return subscription;
  }

  /** The deliveries it gave up, oldest event first. */
  @Get(':name/parked')
  @RequireScope('read')
  async parked(
    @Req() request: object,
    @Param('name') name: string,
    @Query() query: AnyQuery,
  ): Promise<Page<ParkedDelivery>> {
    const account = accountAsked(request, query);
    return account === null ? EMPTY_PAGE : this.subscriptions.parked(name, { ...query, ...account });
  }

  /** Gives all of them their attempts again. */
  @Post(':name/parked/requeue')
  @HttpCode(200)
  @RequireScope('operate')
  async requeueAll(@Req() request: object, @Param('name') name: string, @Query() query: AnyQuery): Promise<Done> {
    const parked = parkedOf(request, query);
    return { count: parked === null ? 0 : await this.subscriptions.requeue(name, parked) };
  }

  /** Counts all of them as done. */
  @Post(':name/parked/skip')
  @HttpCode(200)
  @RequireScope('operate')
  async skipAll(@Req() request: object, @Param('name') name: string, @Query() query: AnyQuery): Promise<Done> {
    const parked = parkedOf(request, query);
    return { count: parked === null ? 0 : await this.subscriptions.skip(name, parked) };
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
    const parked = parkedOf(request, query);
    return demandOne(parked === null ? 0 : await this.subscriptions.requeue(name, { ...parked, eventId }));
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
    const parked = parkedOf(request, query);
    return demandOne(parked === null ? 0 : await this.subscriptions.skip(name, { ...parked, eventId }));
  }

  #see(request: object, name: string): Promise<Subscription> {
    return this.subscriptions.get(name, callerOf(request));
  }
}

/** Whose parked deliveries are meant; null where another account's, which are answered as absent. */
function parkedOf(request: object, query: AnyQuery): { account: string | null } | null {
  validated(AccountDto, query);
  const choice = accountAsked(request, query);
  return choice === null ? null : { account: choice.account ?? null };
}

function demandOne(count: number): Done {
  if (count === 0) throw new NotFoundException('no such parked delivery');
  return { count };
}
