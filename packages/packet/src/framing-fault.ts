import { BusError } from "./errors.ts"

/** Everything that can be wrong with the form of a message. docs/protocol.md says what each means. */
export const FRAMING_FAULTS = [
  "message_too_large",
  "truncated_header",
  "unknown_version",
  "unknown_type",
  "bad_lane",
  "bad_alias",
  "reserved_bits",
  "payload_too_large",
  "truncated_payload",
  "number_too_large",
  "index_beyond_total",
  "fields_too_large",
  "fields_outside_payload",
  "unexpected_data",
  "field_repeated",
  "field_misplaced",
  "field_malformed",
] as const

/** The name of a framing fault, as in `details.fault`. */
export type FramingFault = (typeof FRAMING_FAULTS)[number]

/** Makes the error that closes a connection with 1002, its message the reason: `protocol`, with the fault in its details. */
export function framingError(fault: FramingFault, field?: string): BusError {
  const details = field === undefined ? { fault } : { fault, field }
  return new BusError("protocol", `framing fault: ${fault}`, { details })
}
