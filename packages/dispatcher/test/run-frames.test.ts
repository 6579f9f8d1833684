import { ChunkFlag, chunkCost, compactDataBytes, FrameType, Lane, MessageReader, MessageWriter } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { RunBuilder } from "../src/run-builder.ts"
import { cutRun, frameOffset, messageOf, readdressed, readFrameOfPublisher } from "../src/run-frames.ts"

const ALIAS = 0x4000_0007

const chunks = fc.array(
  fc.record({
    data: fc.uint8Array({ maxLength: 40 }),
    more: fc.boolean(),
    origin: fc.option(fc.constantFrom("p", "q"), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 20 },
)

interface Frame {
  readonly alias: number
  readonly number: number
  readonly data: number[]
  readonly flags: number
}

function framesOf(bytes: Uint8Array): Frame[] {
  const reader = new MessageReader()
  reader.load(bytes)
  const frames: Frame[] = []
  while (reader.next()) {
    frames.push({ alias: reader.alias, number: reader.number, data: [...reader.data()], flags: reader.flags })
  }
  return frames
}

function build(first: number, list: { data: Uint8Array; more: boolean; origin: string | undefined }[]) {
  const builder = new RunBuilder(Lane.main, ALIAS, first)
  for (const { data, more, origin } of list) {
    builder.encode(FrameType.chunk, more ? ChunkFlag.more : 0, data, origin === undefined ? undefined : { origin })
  }
  return builder.take()
}

test("cuts a run into pieces that make it whole again, none beyond its cost and size", () => {
  fc.assert(
    fc.property(chunks, fc.nat(1_000), fc.integer({ min: 1, max: 300 }), (list, first, maxBytes) => {
      const run = build(first, list)
      const maxCost = 64 + 40 + 100
      let start = 0
      let count = 0
      let cost = 0
      while (start < run.bytes.length) {
        expect(start).toBe(frameOffset(run, run.first + count))
        const cut = cutRun(run.bytes, start, maxBytes, maxCost)
        expect(cut.count).toBeGreaterThan(0)
        expect(cut.cost).toBeLessThanOrEqual(maxCost)
        if (cut.count > 1) expect(cut.end - start).toBeLessThanOrEqual(maxBytes)
        start = cut.end
        count += cut.count
        cost += cut.cost
      }
      expect({ count, cost }).toEqual({ count: run.count, cost: run.cost })
      expect(start).toBe(run.bytes.length)
    }),
  )
})

test("finds the message and the publisher of each chunk as a plain walk does", () => {
  fc.assert(
    fc.property(chunks, fc.nat(1_000), (list, first) => {
      const run = build(first, list)
      let message = first
      let origin: string | undefined
      for (const [i, chunk] of list.entries()) {
        if (chunk.origin !== undefined) origin = chunk.origin
        expect(messageOf(run, first + i)).toBe(message)
        const { data, ...frame } = readFrameOfPublisher(run, first + i)
        expect(frame).toEqual({ number: first + i, origin, subject: undefined, flags: chunk.more ? ChunkFlag.more : 0 })
        expect([...data]).toEqual([...chunk.data])
        if (!chunk.more) message = first + i + 1
      }
      expect(run.messageAfter).toBe(message)
      expect(run.bytes.byteLength).toBe(run.bytes.buffer.byteLength)
    }),
  )
})

test("copies frames with numbers and an alias of their own, and leaves the original as it was", () => {
  fc.assert(
    fc.property(chunks, fc.nat(1_000), (list, first) => {
      const writer = new MessageWriter()
      for (const { data } of list) writer.chunk(5, Lane.main, 0, 0, 77, data)
      const original = writer.take()
      const before = original.slice()
      const cost = list.reduce((sum, { data }) => sum + chunkCost(data.length), 0)
      const builder = new RunBuilder(Lane.main, ALIAS, first)
      builder.encode(FrameType.chunk, 0, new Uint8Array(3))
      builder.copy(original, list.length, cost)
      builder.encode(FrameType.end, 0, new Uint8Array(0))
      const run = builder.take()
      expect(framesOf(run.bytes).map(({ alias, number }) => [alias, number])).toEqual(
        Array.from({ length: list.length + 2 }, (_, i) => [ALIAS, first + i]),
      )
      expect(
        framesOf(run.bytes)
          .slice(1, -1)
          .map(({ data }) => data),
      ).toEqual(list.map(({ data }) => [...data]))
      expect(run.cost).toBe(cost + chunkCost(3) + chunkCost(0))
      expect(original).toEqual(before)

      const moved = readdressed(run.bytes, 9)
      expect(framesOf(moved)).toEqual(framesOf(run.bytes).map((frame) => ({ ...frame, alias: 9 })))
      expect(compactDataBytes(moved, 0)).toBe(3)
      expect(builder.empty).toBe(true)
    }),
  )
})
