import { ApiProperty } from '@nestjs/swagger';

export class Health {
  @ApiProperty({ type: 'string', enum: ['ok'] })
  status: string;
}
