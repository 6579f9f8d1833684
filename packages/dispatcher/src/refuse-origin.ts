import { BusError, type MessageReader } from "@luxbus/packet"

/**
 * Refuses a frame of a client's stream that names a publisher or a subject: that is the broker's to say, and who reads
 * the frame would take it for the broker's word.
 * @throws BusError `protocol`
 */
export function refuseOrigin(frame: MessageReader): void {
  if (!frame.hasFields) return
  const { origin, subject } = frame.fields()
  if (origin !== undefined) {
    throw new BusError("protocol", "a client's frame names a publisher", { details: { field: "origin" } })
  }
  if (subject !== undefined) {
    throw new BusError("protocol", "a client's frame names a subject", { details: { field: "subject" } })
  }
}
