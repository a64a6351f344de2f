import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ description: 'What went wrong (RFC 9457), as `application/problem+json`.' })
export class Problem {
  @ApiProperty({ type: String, example: 'about:blank', description: 'Always `about:blank`: the status says it all.' })
  type: string;

  @ApiProperty({ type: String, example: 'Bad Request', description: 'The name of the status.' })
  title: string;

  @ApiProperty({ type: 'integer', example: 400, description: 'The status again.' })
  status: number;

  @ApiProperty({
    type: String,
    required: false,
    example: 'limit must not be greater than 500',
    description: 'In words.',
  })
  detail?: string;

  @ApiProperty({
    type: [String],
    required: false,
    example: ['limit must not be greater than 500'],
    description: 'Every problem of what was asked, where there are several.',
  })
  errors?: string[];
}
