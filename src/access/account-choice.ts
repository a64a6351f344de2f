/** Which account. */
export interface AccountChoice {
  /** @default the only account there is, else `default` */
  account?: string;
}
