import { ManualClock } from "@luxbus/clock/testing"
import { AliasBit, Lane, type MessageWriter } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { bytesOf, framesOf, message } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

export const receiver = (alias: number) => (alias | AliasBit.receiver) >>> 0

/** A multiplexer that hears what a test sends it by hand. */
export function setUp(role: "client" | "broker" = "client", established = true) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const side = new MuxSide(clock, link.near, role, established)
  /** An end that the other side knows as `alias`. */
  const bind = (alias: number): TestEnd => {
    const end = new TestEnd()
    side.mux.bind(receiver(alias), end)
    return end
  }
  const hear = (build: (writer: MessageWriter) => void): void => {
    link.far.send(message(build))
    clock.settle()
  }
  return { clock, link, far, side, ...side, bind, hear, answers: () => far.messages.flatMap(framesOf) }
}

export const chunk = (writer: MessageWriter, alias: number, number: number, lane: 1 | 2 = Lane.main, bytes = 1) =>
  writer.chunk(alias, lane, 0, 0, number, bytesOf(bytes, number))
