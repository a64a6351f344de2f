/** A figure that counts for nothing: callbacks were refused or are not in the database. */
export class VoidRun extends Error {
  override readonly name = 'VoidRun';
}
