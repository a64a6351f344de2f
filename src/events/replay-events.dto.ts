import { IsMoment } from '../access/is-moment.js';

/** The body of a replay. */
export class ReplayEventsDto {
  /** Since when. */
  @IsMoment()
  from: string;
}
