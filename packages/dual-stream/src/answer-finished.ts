import { BusError } from "@luxbus/packet"
import type { StreamEnding } from "@luxbus/stream-memory"
import type { Carrier } from "./carrier.ts"
import { freeAddress } from "./free-address.ts"

/**
 * Answers a START of a stream that is over, as it was answered when it ended: its writer has not heard, or its frames
 * come late. Nothing is created.
 * @param address that the START names
 * @throws BusError the code that the stream was reset with
 */
export function answerFinished(carrier: Carrier, address: number, ending: StreamEnding): void {
  if (ending !== "complete") throw new BusError(ending, "The stream is over.")
  freeAddress(carrier, address)
  carrier.control(address, 0, { complete: true })
}
