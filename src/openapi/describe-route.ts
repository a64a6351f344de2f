/** Puts decorators on a method of a controller that does not know them; subclasses of it inherit what they say. */
export function describeRoute<Controller extends object>(
  { prototype }: { prototype: Controller },
  method: keyof Controller & string,
  decorators: readonly MethodDecorator[],
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (descriptor === undefined) throw new TypeError(`there is no method ${method}`);
  for (const decorate of decorators) decorate(prototype, method, descriptor);
}
