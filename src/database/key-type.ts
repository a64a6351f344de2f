/**
 * The type of what keys and indexes are made of: text that is compared byte by byte. Any other order belongs to the C
 * library or ICU, and a new version of those that sorts otherwise breaks indexes, unique ones too: a receipt would then
 * be stored twice and a price be charged twice.
 */
export const KEY = 'text collate "C"';
