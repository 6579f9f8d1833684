import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { encodeUtf8, Lane, LIMITS, MessageWriter, StreamKind } from "@luxbus/packet"
import { type CloseInfo, memoryPair, messageBytes } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { expect, test } from "vitest"
import { ClientSession, ServerSession, type SessionStatus, SharedTexts } from "../src/index.ts"
import { framesOf, message, readyFrames } from "./frames.ts"
import { HELLO, textSide } from "./json/text-side.ts"
import { TestEnd } from "./test-end.ts"
import { testHash } from "./test-hash.ts"

const KIB = 1024
const MAX_BYTES = 400_000

/** A broker's session to a client that says HELLO with these limits and grants all the credit that there is. */
function welcomed(limits: { readonly messageBytes?: number; readonly framePayloadBytes?: number }) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const closes: CloseInfo[] = []
  const session: ServerSession = new ServerSession(
    {
      clock,
      connection: link.near,
      createHash: testHash,
      handler: {
        hello: () => session.welcome("alice"),
        started: () => {},
        resumeStream: () => {},
        command: () => {},
        closed: (info) => closes.push(info),
      },
    },
    { incarnation: "0011223344556677" },
  )
  const hello = { versions: [1], secret: "s".repeat(43), limits }
  link.far.send(message((writer) => writer.control(0, 0, { hello })))
  link.far.send(message((writer) => writer.control(0, 0, { lane: Lane.main, credit: 2 ** 40 })))
  clock.settle()
  return { clock, far, session, closes }
}

test.each([{ messageBytes: LIMITS.leastMessageBytes - 1 }, { framePayloadBytes: LIMITS.framePayloadBytes - 1 }])(
  "a client that takes less than every side must is refused: %o",
  (limits) => {
    const { far, closes } = welcomed(limits)
    expect(framesOf(far.messages[0]!)).toMatchObject([{ type: "error", fields: { code: "unsupported" } }])
    expect(closes.length).toBe(1)
  },
)

test("a broker that takes less than every side must ends the client's session", () => {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  link.far.start(new ConnectionRecorder())
  const statuses: SessionStatus[] = []
  const session = new ClientSession(
    {
      clock,
      random: new SeededRandom(1),
      createHash: testHash,
      dial: async () => link.near,
      events: { status: (status) => statuses.push(status) },
    },
    { id: "alice" },
  )
  session.start()
  const welcome = { version: 1, id: "alice", incarnation: "00ff", limits: { messageBytes: 100_000 } }
  link.far.send(message((writer) => writer.control(0, 0, { welcome })))
  return Promise.resolve()
    .then(() => Promise.resolve())
    .then(() => {
      clock.settle()
      expect(statuses.at(-1)).toMatchObject({ state: "closed", error: { code: "unsupported" } })
      expect(clock.pendingTimers).toBe(0)
    })
})

test("no message is larger than the client takes, whatever passes and whatever many share", () => {
  const { clock, far, session } = welcomed({ messageBytes: MAX_BYTES })
  const { mux } = session
  mux.bind(5, new TestEnd())
  const shared = readyFrames(50, Lane.main, 10, 60 * KIB)
  expect(mux.share(Lane.main, shared.frames, shared.cost)).toBe(false)
  const fits = readyFrames(50, Lane.main, 6, 60 * KIB)
  expect(mux.share(Lane.main, fits.frames, fits.cost)).toBe(true)
  const sender = new TestEnd()
  const address = mux.allocate(sender)
  sender.waiting.main.push(new Uint8Array(60 * KIB))
  for (let i = 0; i < 3; i++) {
    mux.wake(address, Lane.main)
    const { frames, cost } = readyFrames(5, Lane.main, 1, LIMITS.framePayloadBytes, i)
    expect(mux.send(5, Lane.main, frames, cost)).toBe(true)
  }
  clock.settle()
  const frames = far.messages.flatMap(framesOf)
  expect(frames.filter(({ alias }) => alias === 5).length).toBe(3)
  const sizes = far.messages.map((one) => one.length)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BYTES)
  expect(Math.max(...sizes)).toBeGreaterThan(LIMITS.framePayloadBytes)
})

test("no text is larger than the client takes, and what is written for others is not sent to it", () => {
  const [clock, shared] = [new ManualClock(), new SharedTexts()]
  const alias = 0x4000_0007
  const subscriber = (limits: { readonly messageBytes: number } | undefined) => {
    const side = textSide({ clock, shared })
    side.say({ ...HELLO, hello: { ...HELLO.hello, ...(limits !== undefined && { limits }) } })
    side.session.mux.bind(alias, new TestEnd())
    side.session.mux.start(alias, { epoch: 1 }, { kind: StreamKind.delivery, name: "news", type: 2 })
    clock.settle()
    side.texts.length = 0
    return side
  }
  const [large, small] = [subscriber(undefined), subscriber({ messageBytes: MAX_BYTES })]
  const writer = new MessageWriter()
  for (let i = 0; i < 10; i++) writer.chunk(alias, Lane.main, 0x20, 0, i, encodeUtf8("x".repeat(60 * KIB)))
  const frames = writer.take()
  large.connection.send(frames)
  small.connection.send(frames)
  clock.settle()
  expect(large.texts.length).toBe(1)
  expect(small.texts.length).toBe(2)
  expect(Math.max(...small.texts.map(messageBytes))).toBeLessThanOrEqual(MAX_BYTES)
})
