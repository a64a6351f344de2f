import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  NotFoundException,
  Param,
  Patch,
  Post,
  Query,
  Req,
  UseInterceptors,
} from '@nestjs/common';
import { accountAsked } from '../../access/account-asked.js';
import type { AccountChoice } from '../../access/account-choice.js';
import { type Caller, callerOf } from '../../access/caller.js';
import { EsmsErrorInterceptor } from '../../access/esms-error.interceptor.js';
import { textFor, urlFor } from '../../access/mask.js';
import { onlyAccountAsked } from '../../access/only-account-asked.js';
import { RequireScope } from '../../access/require-scope.js';
import type { Page } from '../../database/page.js';
import { KeyShareInterceptor } from '../../limits/key-share.js';
import { EsmsWebhooks, type NewWebhook, type WebhookReplay } from './esms-webhooks.js';
import type { WebhookAttempt } from './webhook-attempts.js';
import type { Webhook, WebhookSettings } from './webhook-table.js';

type AnyQuery = Readonly<Record<string, unknown>>;

/** Webhooks of the caller's account. */
@Controller('webhooks')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class WebhooksController {
  constructor(private readonly webhooks: EsmsWebhooks) {}

  /** Adds one, and shows its secret. */
  @Post()
  @RequireScope('operate')
  async add(
    @Req() request: object,
    @Query() query: AnyQuery,
    @Body() body: unknown,
  ): Promise<Webhook & { secret: string }> {
    return this.webhooks.add(body as NewWebhook, choiceOf(request, query));
  }

  /** All of them, oldest first. */
  @Get()
  @RequireScope('read')
  async list(@Req() request: object, @Query() query: AnyQuery): Promise<{ items: Webhook[] }> {
    const choice = onlyAccountAsked(request, query);
    const webhooks = choice === null ? [] : await this.webhooks.list(choice);
    return { items: webhooks.map((webhook) => webhookFor(callerOf(request), webhook)) };
  }

  @Get(':id')
  @RequireScope('read')
  async get(@Req() request: object, @Param('id') id: string, @Query() query: AnyQuery): Promise<Webhook> {
    return webhookFor(callerOf(request), await this.webhooks.get(id, choiceOf(request, query)));
  }

  /** Changes what is given. */
  @Patch(':id')
  @RequireScope('operate')
  async change(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: AnyQuery,
    @Body() body: unknown,
  ): Promise<Webhook> {
    return this.webhooks.change(id, body as Partial<WebhookSettings>, choiceOf(request, query));
  }

  /** Removes it. Answers with what it was. */
  @Delete(':id')
  @RequireScope('operate')
  async remove(@Req() request: object, @Param('id') id: string, @Query() query: AnyQuery): Promise<Webhook> {
    return this.webhooks.remove(id, choiceOf(request, query));
  }

  /** Its last calls, the latest first. */
  @Get(':id/attempts')
  @RequireScope('read')
  async attempts(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: AnyQuery,
  ): Promise<Page<WebhookAttempt>> {
    const asked = { ...query, ...demanded(accountAsked(request, query)) };
    const { items, nextCursor } = await this.webhooks.attempts(id, asked);
    return { items: items.map((attempt) => attemptFor(callerOf(request), attempt)), nextCursor };
  }

  /** Calls it now, as a test. */
  @Post(':id/ping')
  @HttpCode(200)
  @RequireScope('operate')
  async ping(@Req() request: object, @Param('id') id: string, @Query() query: AnyQuery): Promise<WebhookAttempt> {
    return attemptFor(callerOf(request), await this.webhooks.ping(id, choiceOf(request, query)));
  }

  /** Gives it a new secret, and shows it. */
  @Post(':id/rotate-secret')
  @HttpCode(200)
  @RequireScope('operate')
  async rotateSecret(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: AnyQuery,
  ): Promise<{ secret: string; previousUntil: string }> {
    return this.webhooks.rotateSecret(id, choiceOf(request, query));
  }

  /** Delivers events again. */
  @Post(':id/replay')
  @HttpCode(200)
  @RequireScope('operate')
  async replay(
    @Req() request: object,
    @Param('id') id: string,
    @Query() query: AnyQuery,
    @Body() body: unknown,
  ): Promise<Webhook> {
    return this.webhooks.replay(id, body as WebhookReplay, choiceOf(request, query));
  }
}

const webhookFor = (caller: Caller, webhook: Webhook): Webhook => ({ ...webhook, url: urlFor(caller, webhook.url) });

const attemptFor = (caller: Caller, { response, ...attempt }: WebhookAttempt): WebhookAttempt => ({
  ...attempt,
  response: response === null ? null : textFor(caller, response),
});

function choiceOf(request: object, query: AnyQuery): AccountChoice {
  return demanded(onlyAccountAsked(request, query));
}

/** That of another account is answered as absent. */
function demanded(choice: AccountChoice | null): AccountChoice {
  if (choice === null) throw new NotFoundException('there is no such webhook');
  return choice;
}
