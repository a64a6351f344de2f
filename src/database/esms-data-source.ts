import { DataSource } from 'typeorm';

/** Ends once, however many ask for it at the same time: `@nestjs/typeorm` and we do, as often as Nest is closed. */
export class EsmsDataSource extends DataSource {
  #ending: Promise<void> | null = null;

  override destroy(): Promise<void> {
    this.#ending ??= super.destroy();
    return this.#ending;
  }
}
