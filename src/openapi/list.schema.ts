import { ApiProperty } from '@nestjs/swagger';

/** What every list ends with. */
export abstract class List {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'WyIyMDI2LTExLTI1VDE5OjQ5OjMxLjY5NjAwMFoiLCI1M2RiIl0',
    description: 'Ask with it as `cursor` for the next page; null on the last.',
  })
  nextCursor: string | null;
}
