import {
  BadRequestException,
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  ParseUUIDPipe,
  Post,
} from '@nestjs/common';
import { EsmsError } from 'nestjs-esms';
import { InvoicesService } from '../billing/invoices.service.js';
import type { Order } from './order.entity.js';
import { OrdersService } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly invoices: InvoicesService,
  ) {}

  @Post()
  async place(@Body() { phone, text }: { phone: string; text: string }): Promise<Order> {
    try {
      return await this.orders.place(phone, text);
    } catch (error) {
      if (!(error instanceof EsmsError) || error.code !== 'registration_invalid') throw error;
      throw new BadRequestException(error.problems);
    }
  }

  @Get(':id')
  async get(@Param('id', ParseUUIDPipe) id: string): Promise<object> {
    const found = await this.orders.find(id);
    if (found === null) throw new NotFoundException('no such order');
    return { ...found, invoiced: await this.invoices.total(id) };
  }
}
