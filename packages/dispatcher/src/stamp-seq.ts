import { type Fields, sameBytes } from "@luxbus/packet"

/**
 * The fields of a client's START, with its own session in the seq. A seq names a stream to everybody who hears of it:
 * under another session's a client could end that one's streams before they have begun.
 */
export function stampSeq(fields: Fields, session: Uint8Array): Fields {
  if (fields.seq === undefined || sameBytes(fields.seq.subarray(0, session.length), session)) return fields
  const seq = fields.seq.slice()
  seq.set(session)
  return { ...fields, seq }
}
