import { IsMoment } from '../access/is-moment.js';

/** The body of a replay. */
export class ReplayEventsDto {
  /** Since when they were stored. */
  @IsMoment()
  from: string;
}
