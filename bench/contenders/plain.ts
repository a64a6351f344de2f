import {
  Controller,
  Get,
  HttpCode,
  Injectable,
  Module,
  NotFoundException,
  Param,
  Query,
  ValidationPipe,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { RunningContender } from '../contender-process.js';
import { HOST, ROUTE, TOKEN } from './callback-route.js';
import { listeningPort } from './listening-port.js';
import { PlainCallbackDto } from './plain-callback.dto.js';
import { PlainMessage, PlainReceipt } from './plain.entities.js';

@Injectable()
class PlainReceiver {
  constructor(private readonly dataSource: DataSource) {}

  async receive(callback: PlainCallbackDto): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const messages = manager.getRepository(PlainMessage);
      const receipts = manager.getRepository(PlainReceipt);
      const message = (await messages.findOneBy({ smsId: callback.SMSID })) ?? messages.create();
      await messages.save(Object.assign(message, columnsOf(callback)));
      await receipts.save(receipts.create({ smsId: callback.SMSID, raw: callback }));
    });
  }
}

const columnsOf = (callback: PlainCallbackDto): Partial<PlainMessage> => ({
  smsId: callback.SMSID,
  sendStatus: Number(callback.SendStatus),
  succeeded: Number(callback.SendSuccess),
  failed: Number(callback.SendFailed),
  receivers: Number(callback.TotalReceiver),
  sent: Number(callback.TotalSent),
  price: callback.TotalPrice,
  typeId: callback.TypeId,
  requestId: callback.RequestId,
  telcoId: callback.telcoid,
  phoneNumber: callback.phonenumber,
  errorInfo: callback.error_info,
  oaId: callback.oaid,
  templateId: callback.tempid,
  partnerId: callback.partnerids,
});

@Controller()
class PlainController {
  constructor(private readonly receiver: PlainReceiver) {}

  @Get(ROUTE)
  @HttpCode(200)
  async callback(@Param('token') token: string, @Query() callback: PlainCallbackDto): Promise<string> {
    if (token !== TOKEN) throw new NotFoundException();
    await this.receiver.receive(callback);
    return 'OK';
  }
}

/** What a competent team writes first. */
export async function startPlain(databaseUrl: string): Promise<RunningContender> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'postgres',
        url: databaseUrl,
        entities: [PlainMessage, PlainReceipt],
        synchronize: true,
      }),
    ],
    controllers: [PlainController],
    providers: [PlainReceiver],
  })
  class PlainModule {}

  const app = await NestFactory.create<NestExpressApplication>(PlainModule, new ExpressAdapter(), {
    logger: ['warn', 'error', 'fatal'],
  });
  app.useGlobalPipes(new ValidationPipe({ transform: true }));
  await app.listen(0, HOST);
  return { port: listeningPort(app.getHttpServer()), close: () => app.close() };
}
