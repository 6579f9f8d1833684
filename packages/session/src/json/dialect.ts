import { type AliasUse, type BusError, LIMITS, type Packet, type RangeList } from "@luxbus/packet"

/** Where the packets of a client in JSON go. */
export interface DialectOutput {
  /** To the broker's session, as if the client had said it. */
  toBroker(packet: Packet): void
  /** To the client. */
  toClient(packet: Packet): void
}

/** How one client's packets become those that a session speaks, and back. */
export interface Dialect {
  /** Which of the broker's packets bear an alias. With `all` they are not what the client is told, and not shared. */
  readonly aliases: AliasUse
  /** @throws BusError `protocol`, which ends the connection */
  fromClient(packet: Packet): void
  fromBroker(packet: Packet): void
}

/**
 * Numbers that a list is written out to at most, the lowest first: a window of 1 MiB of empty chunks. A range of two
 * numbers could else stand for any amount of text; what is left out is stated again.
 */
const MAX_LISTED = LIMITS.windowBytes.main / LIMITS.chunkOverheadCost

/** Ranges as the seed writes them: every number by itself. */
export function flatList(ranges: RangeList): readonly number[] {
  const numbers: number[] = []
  for (const [first, last] of ranges) {
    for (let number = first; number <= last && numbers.length < MAX_LISTED; number++) numbers.push(number)
  }
  return numbers
}

/** What a client is told of a packet of its own that was not carried out. */
export function refusal({ uid, type }: Packet, { code, message, details }: BusError): Packet {
  const hasDetails = Object.keys(details).length > 0
  return { uid, type, frame: "error", code, text: message, ...(hasDetails && { details: { ...details } }) }
}
