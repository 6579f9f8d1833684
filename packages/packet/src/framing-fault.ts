import { BusError } from "./errors.ts"

/** Everything that can be wrong with the form of a message, and how the close reason names it. */
export const FRAMING_FAULTS = {
  message_too_large: "the message is larger than 1 MiB",
  truncated_header: "the message ends inside a frame's header",
  unknown_version: "a frame has an unknown version",
  unknown_type: "a frame has an unknown type",
  bad_lane: "a frame has a lane that its type does not have",
  bad_alias: "a frame has an alias that it must not have",
  reserved_bits: "a frame has reserved bits set",
  payload_too_large: "a frame's payload is larger than 256 KiB",
  truncated_payload: "the message ends inside a frame's payload",
  number_too_large: "a number is over 2^53-1",
  index_beyond_total: "a chunk's index is not below its total",
  fields_too_large: "a frame's fields are larger than 4 KiB",
  fields_outside_payload: "a frame's fields do not fit into its payload",
  unexpected_data: "a frame that carries fields only has data",
  field_repeated: "a field stands twice in a frame",
  field_misplaced: "a field stands where it must not",
  field_malformed: "a field has a value that it must not have",
} as const

/** The name of a framing fault, as in `details.fault`. */
export type FramingFault = keyof typeof FRAMING_FAULTS

/** Makes the error that closes a connection with 1002: `protocol`, with the fault in its details. */
export function framingError(fault: FramingFault, field?: string): BusError {
  const details = field === undefined ? { fault } : { fault, field }
  return new BusError("protocol", FRAMING_FAULTS[fault], { details })
}
