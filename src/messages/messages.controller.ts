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
import { accountAsked } from '../access/account-asked.js';
import { type Caller, callerOf } from '../access/caller.js';
import { EsmsErrorInterceptor, httpErrorOf } from '../access/esms-error.interceptor.js';
import { onlyAccountAsked } from '../access/only-account-asked.js';
import { recipientFor } from '../access/mask.js';
import { RequireScope } from '../access/require-scope.js';
import { EMPTY_PAGE, type Page } from '../database/page.js';
import { EsmsError } from '../domain/errors.js';
import type { MessageView } from '../domain/message-view.js';
import { PersonLookups } from '../limits/person-lookups.js';
import { KeyShareInterceptor } from '../limits/key-share.js';
import { EsmsMessages, type RegisterOptions } from './esms-messages.js';
import type { ReceiptView } from './message-queries.js';
import type { Registered } from './registration-book.js';
import type { RegistrationDto } from './registration.dto.js';

const LARGEST_BATCH = 500;

interface StatusResponse {
  status(code: number): unknown;
}

/** One answer of a registration of many. */
export type RegistrationAnswer =
  | { status: 200 | 201; message: MessageView }
  | { status: number; error: { title: string; detail: string } };

/** Messages: registered by the company, read by everybody who may. */
@Controller('messages')
@UseInterceptors(EsmsErrorInterceptor, KeyShareInterceptor)
export class MessagesController {
  constructor(
    private readonly messages: EsmsMessages,
    private readonly lookups: PersonLookups,
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
    const account = onlyAccountAsked(request, query);
    if (account === null) throw new NotFoundException('no such account');
    const guesses = this.lookups.guesses(caller);
    const options = guesses === null ? account : { ...account, compare: guesses.compare };
    try {
      if (Array.isArray(body)) {
        response.status(200);
        return { items: await this.#registerAll(caller, options, body) };
      }
      const { created, message } = await this.messages.register(body as RegistrationDto, options);
      response.status(created ? 201 : 200);
      return masked(caller, message);
    } finally {
      await guesses?.settle();
    }
  }

  /** One message with its timeline. */
  @Get(':smsId')
  @RequireScope('read')
  async get(
    @Req() request: object,
    @Param('smsId') smsId: string,
    @Query() query: Record<string, unknown>,
  ): Promise<MessageView & { receipts: ReceiptView[] }> {
    const account = accountAsked(request, query);
    const asked = { ...query, ...account };
    const message = account === null ? null : await this.messages.get(smsId, asked);
    if (message === null) throw new NotFoundException('no such message');
    return { ...masked(callerOf(request), message), receipts: await this.messages.timeline(smsId, asked) };
  }

  /** Messages, newest first. */
  @Get()
  @RequireScope('read')
  async find(@Req() request: object, @Query() query: Record<string, unknown>): Promise<Page<MessageView>> {
    const account = accountAsked(request, query);
    if (account === null) return EMPTY_PAGE;
    if (query['phone'] !== undefined) await this.lookups.count(callerOf(request));
    const { items, nextCursor } = await this.messages.find({ ...query, ...account });
    return { items: items.map((message) => masked(callerOf(request), message)), nextCursor };
  }

  async #registerAll(
    caller: Caller,
    options: RegisterOptions,
    bodies: readonly unknown[],
  ): Promise<RegistrationAnswer[]> {
    if (bodies.length > LARGEST_BATCH) {
      throw new BadRequestException(
        `at most ${LARGEST_BATCH} registrations at once: send the rest in further requests`,
      );
    }
    const answers = await this.messages.registerAll(bodies as RegistrationDto[], options);
    return answers.map((answer) => answerOf(caller, answer));
  }
}

function answerOf(caller: Caller, answer: Registered | EsmsError): RegistrationAnswer {
  if (!(answer instanceof EsmsError)) {
    return { status: answer.created ? 201 : 200, message: masked(caller, answer.message) };
  }
  const error = httpErrorOf(answer);
  if (!(error instanceof HttpException)) throw answer;
  const status = error.getStatus();
  return { status, error: { title: STATUS_CODES[status] ?? 'Error', detail: detailOf(error) } };
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
