import { STATUS_CODES } from 'node:http';
import {
  BadRequestException,
  Body,
  Controller,
  Get,
  HttpException,
  NotFoundException,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { accountFor, type Caller, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor, httpErrorOf } from '../access/esms-error.interceptor.js';
import { AccountDto } from '../access/list.dto.js';
import { recipientFor } from '../access/mask.js';
import { RequireScope } from '../access/require-scope.js';
import { validated } from '../access/validated.js';
import { decodeCursor, type Page } from '../database/page.js';
import { isInstant } from '../domain/clock.js';
import type { MessageView } from '../domain/message-view.js';
import { FindMessagesDto } from './find-messages.dto.js';
import { MessageQueries, type ReceiptView } from './message-queries.js';
import { type Registered, Registrar } from './registrar.js';
import { RegistrationDto, requestOf } from './registration.dto.js';

const LARGEST_BATCH = 500;
const CURSOR = [{ test: isInstant }, /^[^\0]*$/];

interface StatusResponse {
  status(code: number): unknown;
}

/** One answer of a registration of many. */
export type RegistrationAnswer =
  | { status: 200 | 201; message: MessageView }
  | { status: number; error: { title: string; detail: string } };

/** Messages: registered by the company, read by everybody who may. */
@Controller('messages')
@UseInterceptors(EsmsErrorInterceptor)
export class MessagesController {
  constructor(
    private readonly queries: MessageQueries,
    private readonly registrar: Registrar,
  ) {}

  /** Registers one message, or up to 500 in an array, each with an answer of its own. */
  @Post()
  @RequireScope('write')
  async register(
    @Req() request: object,
    @Query() query: Record<string, unknown>,
    @Body() body: unknown,
    @Res({ passthrough: true }) response: StatusResponse,
  ): Promise<MessageView | { items: RegistrationAnswer[] }> {
    const caller = callerOf(request);
    const account = writableAccount(caller, query);
    if (Array.isArray(body)) {
      response.status(200);
      return { items: await this.#registerAll(caller, account, body) };
    }
    const { created, message } = await this.#register(account, body);
    response.status(created ? 201 : 200);
    return masked(caller, message);
  }

  /** One message with its timeline. */
  @Get(':smsId')
  @RequireScope('read')
  async get(
    @Req() request: object,
    @Param('smsId') smsId: string,
    @Query() query: Record<string, unknown>,
  ): Promise<MessageView & { receipts: ReceiptView[] }> {
    const caller = callerOf(request);
    const account = accountFor(caller, validated(AccountDto, query).account);
    const message = account === null || smsId.includes('\0') ? null : await this.queries.get(account, smsId);
    if (account === null || message === null) throw new NotFoundException('no such message');
    return { ...masked(caller, message), receipts: await this.queries.timeline(account, smsId) };
  }

  /** Messages, newest first. */
  @Get()
  @RequireScope('read')
  async find(@Req() request: object, @Query() query: Record<string, unknown>): Promise<Page<MessageView>> {
    const caller = callerOf(request);
    const { account: asked, cursor, limit, ...filter } = validated(FindMessagesDto, query);
    const account = accountFor(caller, asked);
    if (account === null) return { items: [], nextCursor: null };
    const after = cursor === undefined ? null : decodeCursor(cursor, CURSOR);
    const { items, nextCursor } = await this.queries.page({ ...filter, account }, { limit, after });
    return { items: items.map((message) => masked(caller, message)), nextCursor };
  }

  async #register(account: string, body: unknown): Promise<Registered> {
    return this.registrar.register(account, requestOf(validated(RegistrationDto, body)));
  }

  async #registerAll(caller: Caller, account: string, bodies: readonly unknown[]): Promise<RegistrationAnswer[]> {
    if (bodies.length > LARGEST_BATCH) throw new BadRequestException(`at most ${LARGEST_BATCH} registrations at once`);
    const answers: RegistrationAnswer[] = [];
    for (const body of bodies) answers.push(await this.#answer(caller, account, body));
    return answers;
  }

  async #answer(caller: Caller, account: string, body: unknown): Promise<RegistrationAnswer> {
    try {
      const { created, message } = await this.#register(account, body);
      return { status: created ? 201 : 200, message: masked(caller, message) };
    } catch (thrown) {
      const error = httpErrorOf(thrown);
      if (!(error instanceof HttpException)) throw thrown;
      const status = error.getStatus();
      return { status, error: { title: STATUS_CODES[status] ?? 'Error', detail: detailOf(error) } };
    }
  }
}

function writableAccount(caller: Caller, query: Record<string, unknown>): string {
  const account = accountFor(caller, validated(AccountDto, query).account);
  if (account === null) throw new NotFoundException('no such account');
  return account;
}

const masked = (caller: Caller, message: MessageView): MessageView => ({
  ...message,
  recipient: recipientFor(caller, message.recipient),
});

function detailOf(error: HttpException): string {
  const answer = error.getResponse();
  const detail = typeof answer === 'object' && 'message' in answer ? answer.message : answer;
  return Array.isArray(detail) ? detail.join('; ') : String(detail);
}
