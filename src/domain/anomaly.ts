/**
 * Named oddities of a report or a message: shown and counted, never a reason to refuse. `…_unparsable`: the field was
 * there and could not be read, so it counts as absent; `…_repeated`: it came more than once with different values;
 * `parameter_unrecognised`: a parameter that is none of the gateway's looks like one that is not there.
 */
export const ANOMALIES = [
  'channel_changed',
  'type_unrecognised',
  'status_absent',
  'status_unrecognised',
  'status_unparsable',
  'status_repeated',
  'type_unparsable',
  'type_repeated',
  'price_unparsable',
  'price_repeated',
  'counters_exceed_receivers',
  'succeeded_unparsable',
  'succeeded_repeated',
  'failed_unparsable',
  'failed_repeated',
  'receivers_unparsable',
  'receivers_repeated',
  'sent_unparsable',
  'sent_repeated',
  'recipient_unparsable',
  'recipient_repeated',
  'telco_unparsable',
  'telco_repeated',
  'request_id_unparsable',
  'request_id_repeated',
  'error_info_unparsable',
  'error_info_repeated',
  'oa_id_unparsable',
  'oa_id_repeated',
  'template_id_unparsable',
  'template_id_repeated',
  'partner_id_unparsable',
  'partner_id_repeated',
  'switch_sms_id_unparsable',
  'switch_sms_id_repeated',
  'registration_conflict',
  'parameter_unrecognised',
] as const;

/** See {@link ANOMALIES}. */
export type Anomaly = (typeof ANOMALIES)[number];
