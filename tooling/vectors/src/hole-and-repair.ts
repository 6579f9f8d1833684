import type { Packet } from "@luxbus/packet"
import { CodecConnection } from "./connection.ts"
import type { Exchange, ExchangeMessage, Side } from "./vector.ts"

const FROM: Packet = { uid: "talk", type: "stream", from: "clientA", to: "clientB" }
const BACK: Packet = { uid: "talk", type: "stream", from: "clientB", to: "clientA" }
const START: Packet = { ...FROM, frame: "start", alias: 1, kind: "relayed" }
const chunk = (number: number, data: string): Packet => ({
  ...FROM,
  chunk: number,
  is_final: false,
  encoding: "utf8",
  data,
})

/**
 * A broker drops what it has no room for, says so, and passes the asking on. A real one does so beyond 1 MiB; here
 * chunks 1 and 2 are lost.
 */
export function holeAndRepair(): Exchange {
  const [a, b] = [side("clientA"), side("clientB")]
  const repaired = [chunk(1, "b"), chunk(2, "c")].map((packet): Packet => ({ ...packet, flags: ["retransmit"] }))
  return {
    name: "relayed stream with a hole",
    about:
      "The broker drops chunks 1 and 2 towards clientB and states them as hole; clientB asks, clientA sends again.",
    messages: [
      a("client", START),
      b("broker", { ...START, alias: 5 }),
      b("client", { ...BACK, open: true, epoch: 0 }, { ...BACK, status: "ack", lane: "main", cum: 0, credit: 1048576 }),
      a("broker", { ...BACK, open: true, epoch: 0 }, { ...BACK, status: "ack", lane: "main", cum: 0, credit: 1048576 }),
      a("client", chunk(0, "a"), chunk(1, "b"), chunk(2, "c"), chunk(3, "d")),
      b("broker", chunk(0, "a")),
      b("broker", { ...FROM, lane: "main", hole: [[1, 2]] }, chunk(3, "d")),
      b("client", { ...BACK, status: "missing", lane: "main", cum: 1, ack: [3], missing: [[1, 2]] }),
      a("broker", { ...BACK, status: "missing", lane: "main", cum: 1, ack: [3], missing: [[1, 2]] }),
      a("client", ...repaired),
      b("broker", ...repaired),
      b("client", { ...BACK, status: "ack", lane: "main", cum: 4 }),
      a("broker", { ...BACK, status: "ack", lane: "main", cum: 4 }),
    ],
  }
}

function side(on: string): (by: Side, ...packets: readonly Packet[]) => ExchangeMessage {
  const connection = new CodecConnection()
  return (by, ...packets) => ({ on, ...connection.write(by, packets) })
}
