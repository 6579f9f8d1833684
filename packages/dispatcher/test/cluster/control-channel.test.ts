import { ManualClock } from "@luxbus/clock/testing"
import fc from "fast-check"
import { expect, test } from "vitest"
import { ControlChannel } from "../../src/cluster/control-channel.ts"

// As docs/protocol.md has them.
const RESEND_MS = 250
const SILENCE_MS = 3_000
const MAX_WAITING = 256

interface Sent {
  readonly seq: number
  readonly text: number
}

/** A channel whose messages are one byte, what it transmits and delivers, and whether it is dead. */
function channelOn(clock: ManualClock, onDeliver: (text: number) => void = () => {}) {
  const transmitted: Sent[] = []
  const delivered: number[] = []
  const state = { deaths: 0 }
  const channel = new ControlChannel({
    clock,
    events: {
      transmit: (seq, frames) => void transmitted.push({ seq, text: frames[0]! }),
      deliver: (frames) => {
        delivered.push(frames[0]!)
        onDeliver(frames[0]!)
      },
      dead: () => void state.deaths++,
    },
  })
  return { channel, transmitted, delivered, state }
}

const message = (n: number) => Uint8Array.of(n)

test("numbers what it sends from 1, and sends it at once", () => {
  const { channel, transmitted } = channelOn(new ManualClock())
  for (const n of [7, 8]) channel.send(message(n))
  expect(transmitted).toEqual([
    { seq: 1, text: 7 },
    { seq: 2, text: 8 },
  ])
  expect(channel.idle).toBe(false)
})

test("delivers each message once and in order, whatever order it comes in and however often", () => {
  const { channel, delivered } = channelOn(new ManualClock())
  const acks: number[] = []
  for (const seq of [3, 1, 1, 3, 2, 2, 5, 4, 1, 5]) {
    channel.received(seq, message(seq))
    acks.push(channel.ack)
  }
  expect(delivered).toEqual([1, 2, 3, 4, 5])
  expect(acks).toEqual([0, 1, 1, 1, 3, 3, 3, 5, 5, 5])
})

test("sends again what is not acknowledged, in order, every 250 ms, and stops when it is", () => {
  const clock = new ManualClock()
  const { channel, transmitted } = channelOn(clock)
  for (const n of [1, 2, 3]) channel.send(message(n))
  clock.advance(RESEND_MS - 1)
  expect(transmitted.splice(0)).toHaveLength(3)
  clock.advance(1)
  expect(transmitted.splice(0).map(({ seq }) => seq)).toEqual([1, 2, 3])
  channel.acknowledged(2)
  clock.advance(2 * RESEND_MS)
  expect(transmitted.splice(0).map(({ seq }) => seq)).toEqual([3, 3])
  channel.acknowledged(1)
  expect(channel.idle).toBe(false)
  channel.acknowledged(3)
  expect(channel.idle).toBe(true)
  expect(clock.pendingTimers).toBe(0)
  clock.advance(SILENCE_MS)
  expect(transmitted).toEqual([])
})

test("is dead 3 s after the oldest message that was not acknowledged, once, and leaves no timer", () => {
  const clock = new ManualClock()
  const { channel, transmitted, state } = channelOn(clock)
  channel.send(message(1))
  clock.advance(SILENCE_MS / 2)
  channel.send(message(2))
  channel.acknowledged(1)
  clock.advance(SILENCE_MS - 1)
  expect(state.deaths).toBe(0)
  clock.advance(RESEND_MS)
  expect(state.deaths).toBe(1)
  expect(clock.pendingTimers).toBe(0)
  transmitted.length = 0
  channel.send(message(3))
  clock.advance(2 * SILENCE_MS)
  expect(transmitted).toEqual([])
  expect(state.deaths).toBe(1)
})

test("is not dead as long as something is acknowledged in time", () => {
  const clock = new ManualClock()
  const { channel, state } = channelOn(clock)
  for (let n = 1; n <= 20; n++) {
    channel.send(message(n))
    clock.advance(SILENCE_MS / 2 - 1)
    channel.acknowledged(n - 1)
  }
  expect(state.deaths).toBe(0)
})

test("is dead at the end of the turn when more than 256 messages wait for an acknowledgement", () => {
  const clock = new ManualClock()
  const { channel, state } = channelOn(clock)
  for (let n = 0; n < MAX_WAITING; n++) channel.send(message(1))
  clock.settle()
  expect(state.deaths).toBe(0)
  for (let n = 0; n < 3; n++) channel.send(message(1))
  expect(state.deaths).toBe(0)
  clock.settle()
  expect(state.deaths).toBe(1)
  expect(clock.pendingTimers).toBe(0)
})

test("holds at most 256 messages that overtook others: what is further ahead comes again", () => {
  const { channel, delivered } = channelOn(new ManualClock())
  channel.received(MAX_WAITING + 1, message(99))
  for (let seq = MAX_WAITING; seq >= 1; seq--) channel.received(seq, message(seq % 200))
  expect(channel.ack).toBe(MAX_WAITING)
  expect(delivered).toEqual(Array.from({ length: MAX_WAITING }, (_, i) => (i + 1) % 200))
  channel.received(MAX_WAITING + 1, message(99))
  expect(channel.ack).toBe(MAX_WAITING + 1)
})

test("delivers nothing more once it is closed, even from within a delivery", () => {
  const clock = new ManualClock()
  const { channel, delivered, transmitted } = channelOn(clock, () => channel.close())
  channel.send(message(1))
  channel.received(2, message(2))
  channel.received(1, message(1))
  channel.received(2, message(2))
  channel.received(3, message(3))
  expect(delivered).toEqual([1])
  clock.advance(SILENCE_MS)
  expect(transmitted).toHaveLength(1)
  expect(clock.pendingTimers).toBe(0)
})

/** What happens to two channels and the messages between them. */
type Step =
  | { readonly type: "send" | "deliver" | "repeat" | "lose"; readonly by: 0 | 1; readonly pick: number }
  | { readonly type: "pass"; readonly ms: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constantFrom("send", "deliver", "repeat", "lose"),
    by: fc.constantFrom(0, 1),
    pick: fc.nat(1_000),
  }),
  fc.record({ type: fc.constant("pass"), ms: fc.integer({ min: 0, max: 100 }) }),
)

test("over any loss, repetition and reordering what is delivered is a prefix of what was sent, and all of it once faults stop", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 90 }), (steps) => {
      const clock = new ManualClock()
      const sides = [channelOn(clock), channelOn(clock)] as const
      const wires: { readonly seq: number; readonly text: number; readonly ack: number }[][] = [[], []]
      const model: number[][] = [[], []]
      const gather = () => {
        for (const i of [0, 1] as const) {
          const { channel, transmitted } = sides[i]
          for (const sent of transmitted.splice(0)) wires[i]!.push({ ...sent, ack: channel.ack })
        }
      }
      const take = (by: 0 | 1, index: number) => {
        const datagram = wires[by]![index]
        const { channel } = sides[1 - by]!
        if (datagram === undefined) return
        channel.acknowledged(datagram.ack)
        if (datagram.seq === 0) return
        channel.received(datagram.seq, message(datagram.text))
        wires[1 - by]!.push({ seq: 0, text: 0, ack: channel.ack })
      }
      for (const at of steps) {
        if (at.type === "pass") {
          clock.advance(at.ms)
        } else {
          const index = wires[at.by]!.length === 0 ? 0 : at.pick % wires[at.by]!.length
          if (at.type === "send") {
            model[at.by]!.push(at.pick % 256)
            sides[at.by].channel.send(message(at.pick % 256))
          } else {
            if (at.type !== "lose") take(at.by, index)
            if (at.type !== "repeat") wires[at.by]!.splice(index, 1)
          }
        }
        gather()
        for (const i of [0, 1] as const) {
          const { delivered } = sides[1 - i]!
          expect(delivered).toEqual(model[i]!.slice(0, delivered.length))
        }
      }
      for (let round = 0; round < 2; round++) {
        clock.advance(RESEND_MS)
        gather()
        for (const by of [0, 1] as const) {
          for (let left = wires[by]!.length; left > 0; left--) {
            take(by, 0)
            wires[by]!.shift()
          }
        }
      }
      for (const i of [0, 1] as const) {
        for (const datagram of wires[i]!) sides[1 - i]!.channel.acknowledged(datagram.ack)
        expect(sides[1 - i]!.delivered).toEqual(model[i])
      }
      expect(sides.map(({ channel, state }) => [channel.idle, state.deaths])).toEqual([
        [true, 0],
        [true, 0],
      ])
      expect(clock.pendingTimers).toBe(0)
    }),
    { numRuns: 300 },
  )
})
