import type { Packet } from "@luxbus/packet"

/** The STARTs that other vectors build on. */
export const HOSTED: Packet = {
  uid: "job.42",
  type: "stream",
  frame: "start",
  from: "clientA",
  alias: 1,
  kind: "hosted",
}

/** A stream of clientA to clientB, as clientA's connection has it. */
export const RELAYED: Packet = { ...HOSTED, uid: "talk", to: "clientB", alias: 2, kind: "relayed" }

/** The other half of the duplex, as the broker passes it to clientA. */
export const RELAYED_BACK: Packet = { ...RELAYED, from: "clientB", to: "clientA", alias: 3 }

/** What the broker writes to a subscriber, on an alias that is the same on all its connections. */
export const TOPIC: Packet = {
  uid: "task.42",
  type: "event",
  frame: "start",
  alias: 0x4000_0007,
  main_first: 7,
  kind: "delivery",
}

/** A message of a subscription to a pattern, under the alias of {@link TOPIC}. */
export const MATCHED: Packet = { uid: "", type: "event", alias: 0x4000_0007, is_final: false }

/** A chunk of main on {@link HOSTED}. */
export const CHUNK: Packet = { uid: "job.42", type: "stream", from: "clientA", chunk: 0, is_final: false }

/** A statement of the broker about {@link HOSTED}. */
export const STATEMENT: Packet = { uid: "job.42", type: "stream", to: "clientA" }

/** The connection itself. */
export const CONNECTION: Packet = { uid: "", type: "command" }
