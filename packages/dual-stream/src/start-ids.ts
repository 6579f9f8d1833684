import { idOfName, NIL_ID } from "@luxbus/packet"
import type { StartHeader } from "./carrier.ts"

/**
 * The ids of a START's header. They take a hash each: make them once per stream.
 * @param name of the stream
 * @param to the peer's client id; absent: the dispatcher, whose id is nil
 * @throws BusError `invalid_argument` for what is no name
 */
export function startIds(name: string, to?: string): Required<Pick<StartHeader, "requestId" | "peerId">> {
  return { requestId: idOfName(name), peerId: to === undefined ? NIL_ID : idOfName(to) }
}
