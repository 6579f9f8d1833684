import { fileURLToPath } from "node:url"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type BenchOptions, bench } from "../src/bench.ts"
import { bundle } from "../src/bundle.mjs"
import type { Report } from "../src/report/report.ts"
import { SYSTEMS } from "../src/systems.ts"
import { WORKS } from "../src/works.ts"

let programs: Awaited<ReturnType<typeof bundle>>
beforeAll(async () => {
  programs = await bundle()
})
afterAll(() => programs.remove())

const MESSAGES = 300
const MESSAGE_BYTES: Readonly<Record<string, number>> = { bulk: 65_536, keystrokes: 16 }

function options(changes: Partial<BenchOptions> = {}): BenchOptions {
  return {
    works: WORKS,
    systems: SYSTEMS,
    rounds: 2,
    seconds: 20,
    warmUpSeconds: 0.001,
    maxMessages: MESSAGES,
    programs: programs.folder,
    packageDirectory: fileURLToPath(new URL("..", import.meta.url)),
    signal: new AbortController().signal,
    onProgress: () => {},
    ...changes,
  }
}

describe("bench", () => {
  let report: Report
  const progress: string[] = []
  beforeAll(async () => {
    report = await bench(options({ onProgress: (text) => progress.push(text) }))
  })

  const combinations = WORKS.flatMap((work) => SYSTEMS.map((system) => [work.name, system.name] as const))
  it.each(combinations)(
    "delivers every message of %s through %s, and takes the server's CPU time and memory",
    (work, system) => {
      const receivers = work === "fan-out" ? 50 : 1
      const messageBytes = MESSAGE_BYTES[work] ?? 128
      const result = report.works.find((one) => one.work === work)?.systems.find((one) => one.system === system)
      expect(result?.rounds).toHaveLength(2)
      for (const round of result?.rounds ?? []) {
        expect(round.deliveries).toBe(MESSAGES * receivers)
        expect(round.bytes).toBe(MESSAGES * receivers * messageBytes)
        expect(round.elapsedMs).toBeGreaterThan(0)
        expect(round.serverCpuMicros).toBeGreaterThan(0)
        expect(round.serverRssBytes).toBeGreaterThan(10_000_000)
      }
    },
  )

  it("notes what was measured with what", () => {
    expect(report.versions).toMatchObject({ commit: expect.any(String), ws: "8.23.0", "socket.io": "4.8.4" })
    expect(report.machine).toMatchObject({ node: process.version, loadAverage: expect.any(Number) })
    expect(new Date(report.startedAt).getTime()).toBeGreaterThan(0)
  })

  it("lets another system begin each round", () => {
    const turns = progress.filter((text) => text.startsWith("one-to-one: round"))
    expect(turns.map((text) => / of 2, (.*) \d+\/s$/.exec(text)?.[1])).toEqual([
      "luxbus",
      "raw ws relay",
      "Socket.IO",
      "raw ws relay",
      "Socket.IO",
      "luxbus",
    ])
  })
})

describe("bench with a failure", () => {
  it("fails with what a process failed with", async () => {
    const ghost = { name: "ghost", title: "Ghost", packages: [], load: () => Promise.reject() }
    await expect(bench(options({ systems: [ghost] }))).rejects.toThrow(
      /fan-out-ghost-server failed: .*There is no system "ghost"/,
    )
  })

  it("stops at once when it is told to", async () => {
    const abort = new AbortController()
    const onProgress = (text: string) => text.includes("round 1") && abort.abort(new Error("enough"))
    await expect(bench(options({ signal: abort.signal, onProgress }))).rejects.toThrow("enough")
  })
})
