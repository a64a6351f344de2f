import type { HostDecorator } from './config/options.js';

/** A subclass of a controller with a host's decorators on it: the shared class stays as it is for everybody else. */
export function decorated<Controller extends new (...dependencies: never[]) => object>(
  controller: Controller,
  decorators: readonly HostDecorator[],
): Controller {
  const subclass = { [controller.name]: class extends (controller as new (...dependencies: never[]) => object) {} }[
    controller.name
  ] as unknown as Controller;
  for (const decorate of decorators) (decorate as ClassDecorator)(subclass);
  return subclass;
}
