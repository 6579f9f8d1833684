import { ManualClock } from "@luxbus/clock/testing"
import { type DataLane, Lane } from "@luxbus/packet"
import { memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { framesOf, message, type SeenFrame } from "./frames.ts"
import { MuxSide } from "./mux-side.ts"
import { TestEnd } from "./test-end.ts"

export const KIB = 1024
export const grantAll = message((writer) => {
  writer.control(0, 0, { lane: Lane.main, credit: 2 ** 40 })
  writer.control(0, 0, { lane: Lane.error, credit: 2 ** 40 })
})

/** One side is a multiplexer, the other a plain connection that keeps what arrives. */
export function setUp(options: { readonly credit?: boolean } = {}) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const side = new MuxSide(clock, link.near, "broker")
  if (options.credit) {
    link.far.send(grantAll)
    clock.settle()
  }
  const end = (): { end: TestEnd; address: number } => {
    const testEnd = new TestEnd()
    return { end: testEnd, address: side.mux.allocate(testEnd) }
  }
  /** Passes frames on, under the address that they bear. */
  const send = (lane: DataLane, frames: Uint8Array, cost: number): boolean => {
    const address = new DataView(frames.buffer, frames.byteOffset).getUint32(4)
    if (side.mux.bound(address) === undefined) side.mux.bind(address, new TestEnd())
    return side.mux.send(address, lane, frames, cost)
  }
  const frames = (): SeenFrame[] => far.messages.flatMap(framesOf)
  return { clock, link, far, ...side, side, end, send, frames, connection: link.near }
}

export const chunks = (count: number, bytes: number) => Array.from({ length: count }, () => new Uint8Array(bytes))

/** Frames and their cost, as `send` and `share` take them. */
export function spread({ frames, cost }: { frames: Uint8Array; cost: number }): [Uint8Array, number] {
  return [frames, cost]
}
