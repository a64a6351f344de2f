import { BadRequestException } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';

/**
 * What a caller sent, as a checked instance of a DTO; a host's own pipes have no part in it.
 * Throws 400 with every problem by name.
 */
export function validated<Dto extends object>(type: new () => Dto, given: unknown): Dto {
  if (given === null || typeof given !== 'object' || Array.isArray(given)) {
    throw new BadRequestException('a JSON object is expected');
  }
  const dto = plainToInstance(type, given, { exposeUnsetFields: false });
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw new BadRequestException(errors.flatMap(problemsOf));
  return dto;
}

function problemsOf({ property, constraints, children }: ValidationError): string[] {
  const own = Object.values(constraints ?? {}).map((text) =>
    text.startsWith(property) ? text : `${property}: ${text}`,
  );
  return [...own, ...(children ?? []).flatMap(problemsOf)];
}
