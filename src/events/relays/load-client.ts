import { EsmsError } from '../../domain/errors.js';

/** Loads what only a relay needs. Throws `options_invalid` where it is not installed. */
export async function loadClient<Client>(relay: string, names: string, load: () => Promise<Client>): Promise<Client> {
  try {
    return await load();
  } catch (error) {
    if (!/^(ERR_)?MODULE_NOT_FOUND$/.test((error as { code?: string }).code ?? '')) throw error;
    throw new EsmsError('options_invalid', `relays.${relay} needs a package: npm install ${names}`, { cause: error });
  }
}
