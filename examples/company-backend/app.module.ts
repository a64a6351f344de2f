import { Module, UseGuards } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EsmsModule } from 'nestjs-esms';
import { BillingModule } from './billing/billing.module.js';
import { InvoiceLine } from './billing/invoice-line.entity.js';
import { CreateCompanyTables1700000000000 } from './create-company-tables.migration.js';
import { Order } from './orders/order.entity.js';
import { OrdersModule } from './orders/orders.module.js';
import { StaffGuard } from './staff.guard.js';

const { ESMS_TOKEN = '', DATABASE_URL = '', SPOOL_DIRECTORY = 'esms-spool' } = process.env;

@Module({
  imports: [
    // The company's own data source, entities and migrations.
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: DATABASE_URL,
      entities: [Order, InvoiceLine],
      migrations: [CreateCompanyTables1700000000000],
      migrationsRun: true,
    }),
    EsmsModule.forRoot({
      accounts: { default: { tokens: [ESMS_TOKEN] } },
      database: { url: DATABASE_URL },
      spool: { directory: SPOOL_DIRECTORY },
      path: 'esms',
      api: { decorators: [UseGuards(StaffGuard)] },
    }),
    OrdersModule,
    BillingModule,
  ],
})
export class AppModule {}
