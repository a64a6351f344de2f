import 'reflect-metadata';
import { measureClaimCost } from './dispatch/claim-cost.js';
import { measureEventRate } from './dispatch/event-rate.js';
import { measureHandlerLatency } from './dispatch/handler-latency.js';
import { answerParent } from './processes/answer-parent.js';

const questions = { eventRate: measureEventRate, handlerLatency: measureHandlerLatency, claimCost: measureClaimCost };

/** What the dispatcher's process is asked. */
export type DispatchQuestions = typeof questions;

answerParent(questions);
