import { WRITER_LIMITS } from "@luxbus/packet"
import { afterEach, expect, test, vi } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const MIB = 1024 * 1024
const PART = new Uint8Array(64 * 1024 - 64).fill(7)
const PARTS = 80
const STREAMS = 12

let system: System | undefined

afterEach(async () => {
  await system?.close()
  system = undefined
})

test("streams that nobody reads hold 32 MiB of their session together; another goes on, errors do, and all once they are read", async () => {
  system = await SYSTEMS["in process"]!()
  const [writer, reader] = [await system.connect("writer"), await system.connect("reader")]
  const acceptor = reader.accept("job.*")
  const open = async (name: string) => {
    const near = await writer.open(name, { to: "reader" })
    const far = await acceptor.next()
    return { near, far: far! }
  }
  const streams: Awaited<ReturnType<typeof open>>[] = []
  for (let i = 0; i < STREAMS; i++) streams.push(await open(`job.${i}`))
  const writing = streams.map(async ({ near }) => {
    for (let i = 0; i < PARTS; i++) await near.main.write(PART)
    await near.end()
  })
  const heldCost = () => streams.reduce((sum, { near }) => sum + near.writer.heldCost, 0)
  await vi.waitFor(() => expect(heldCost()).toBeGreaterThan(27 * MIB))
  for (const { near } of streams) await near.error.write("still here")
  expect(heldCost()).toBeLessThanOrEqual(WRITER_LIMITS.sessionSendMemoryBytes)
  const another = await open("job.another")
  await another.near.main.write("not starved")
  expect(await another.far.main.next()).toBe("not starved")
  const read = streams.map(async ({ far }) => {
    const bytes = await far.main.bytes()
    expect(await far.error.next()).toBe("still here")
    await far.end()
    return bytes.length
  })
  expect(await Promise.all(read)).toEqual(streams.map(() => PARTS * PART.length))
  await Promise.all(writing)
  expect(heldCost()).toBe(0)
})
