import { FrameType, flagsOf, idOfName, Lane, MessageWriter, StreamKind } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { WireTap, type WireTapOptions } from "../../src/tap/wire-tap.ts"

const BROKER = 0x4000_0000
const RECEIVER = 0x8000_0000
const utf8 = (text: string) => new TextEncoder().encode(text)

function message(write: (writer: MessageWriter) => void): Uint8Array {
  const writer = new MessageWriter()
  write(writer)
  return writer.take()
}

const started = message((writer) =>
  writer.start(
    { epoch: 7, requestId: idOfName("job.42") },
    { name: "job.42", alias: BROKER + 1, kind: StreamKind.delivery },
  ),
)

function tapped(options: Partial<WireTapOptions> = {}) {
  const lines: string[] = []
  const print = (line: string) => void lines.push(line)
  const tap = new WireTap({ name: "job.42", json: false, wallNow: () => 1_500, print, ...options })
  /** What was printed since, without the time of day. */
  const printed = () => lines.splice(0).map((line) => line.replace(/^\d\d:\d\d:01\.500 |\n$/g, ""))
  return { tap, printed }
}

describe("a wire tap", () => {
  test("prints frames both ways, and names what the other side's START has bound", () => {
    const { tap, printed } = tapped()
    tap.received(started)
    tap.sent(
      message((writer) => writer.control(RECEIVER + BROKER + 1, 0, { lane: 1, cum: 4, ack: [[6, 9]], credit: 70 })),
    )
    tap.received(
      message((writer) => {
        writer.chunk(BROKER + 1, Lane.error, flagsOf(1, true), 0x08, 3, utf8("oops\u001b[2J"))
        writer.end(BROKER + 1, Lane.main, 0, 0x10, 9, new Uint8Array(0), { total: 6 })
        writer.control(BROKER + 1, 0, { suspended: 5_000 })
        writer.control(BROKER + 1, 0, { resumed: true })
      }),
    )
    expect(printed()).toEqual([
      '<- START    epoch 7  name "job.42"  alias 1073741825  kind delivery',
      "-> control  lane main  cum 4  ack [[6,9]]  credit 70",
      '<- CHUNK    error 3  8 bytes  "oops\\u001b[2J"  more  retransmit',
      "<- END      main 9  0 bytes  ack_now  total 6",
      "<- control  suspended 5000",
      "<- control  resumed",
    ])
  })

  test("cuts data and fields off, so that a line stays a line", () => {
    const { tap, printed } = tapped()
    tap.received(started)
    tap.received(
      message((writer) => {
        writer.chunk(BROKER + 1, Lane.main, flagsOf(1, false), 0, 0, utf8("a".repeat(60)))
        writer.control(BROKER + 1, 0, { outcome: { status: "error", message: "m".repeat(100), main: 1, error: 0 } })
      }),
    )
    const [, chunk = "", outcome = ""] = printed()
    expect(chunk).toBe(`<- CHUNK    main 0  60 bytes  "${"a".repeat(48)}" … 12 characters more`)
    expect(outcome).toMatch(/^<- control {2}outcome \{"status":"error","message":"m+…$/)
  })

  test("shows nothing of the connection itself: HELLO bears secrets", () => {
    for (const json of [false, true]) {
      const { tap, printed } = tapped({ json })
      tap.sent(message((writer) => writer.control(0, 0, { hello: { secret: "hush", token: "hush" } })))
      tap.received(message((writer) => writer.control(0, 0, { ping: 1 })))
      expect(printed()).toEqual([])
    }
  })

  test("leaves out other streams, and what is about the other lane", () => {
    const { tap, printed } = tapped({ lane: "error" })
    tap.received(message((writer) => writer.start({}, { name: "other", alias: 2, kind: StreamKind.relayed })))
    tap.received(started)
    tap.received(
      message((writer) => {
        writer.chunk(2, Lane.error, 0, 0, 0, utf8("x"))
        writer.chunk(BROKER + 1, Lane.main, 0, 0, 0, utf8("x"))
        writer.chunk(BROKER + 1, Lane.error, 0, 0, 0, utf8("x"))
        writer.control(BROKER + 1, 0, { lane: 1, next: 1 })
        writer.control(BROKER + 1, 0, { lane: 2, next: 1 })
        writer.control(BROKER + 1, 0, { resumed: true })
      }),
    )
    expect(printed().map((line) => line.slice(3, 24))).toEqual([
      "START    epoch 7  nam",
      "CHUNK    error 0  1 b",
      "control  lane error  ",
      "control  resumed",
    ])
  })

  test("tells a fault by its name and place, behind the frames that are sound", () => {
    const { tap, printed } = tapped()
    tap.received(Uint8Array.from([...started, 0xc5, 0x03, 0]))
    expect(printed()).toEqual([
      expect.stringContaining("<- START"),
      `<- framing fault: truncated_header at offset ${started.length}`,
    ])
  })

  test("says why the stream or the connection ends", () => {
    const { tap, printed } = tapped()
    tap.received(message((writer) => writer.full(FrameType.error, {}, { code: "going_away", text: "bye" })))
    expect(printed()).toEqual(['<- ERROR    code "going_away"  text "bye"'])
  })

  test("in JSON adds to each packet when it went which way", () => {
    const { tap, printed } = tapped({ json: true })
    tap.received(started)
    tap.sent(message((writer) => writer.control(RECEIVER + BROKER + 1, 0, { open: true, epoch: 7 })))
    expect(printed().map((line) => JSON.parse(line))).toEqual([
      {
        uid: "job.42",
        type: "stream",
        frame: "start",
        alias: BROKER + 1,
        epoch: 7,
        kind: "delivery",
        tap: { timestamp: 1.5, direction: "received" },
      },
      { uid: "job.42", type: "stream", epoch: 7, open: true, tap: { timestamp: 1.5, direction: "sent" } },
    ])
  })
})
