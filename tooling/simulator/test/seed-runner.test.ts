import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { SeedRunner } from "../src/seed-runner.ts"

/** Seed 1 crashes it, seed 2 is never answered, seed 3 ends it; others are fine. */
const PROGRAM = `
import { parentPort } from "node:worker_threads"
parentPort.on("message", (seed) => {
  if (seed === 1) throw new Error("crashed")
  if (seed === 3) process.exit(7)
  if (seed !== 2) parentPort.postMessage({ seed, failure: undefined })
})`

let folder = ""
let runner: SeedRunner

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "seed-runner-"))
  const program = join(folder, "program.mjs")
  await writeFile(program, PROGRAM)
  runner = new SeedRunner(program, 5_000)
})

afterAll(async () => {
  await runner.close()
  await rm(folder, { recursive: true, force: true })
})

test("what crashes, hangs or ends the thread is a failure of its seed, and the next ones run", async () => {
  const findings: (string | undefined)[] = []
  for (const seed of [10, 1, 11, 12, 2, 13, 3, 14]) {
    const { failure } = await runner.run(seed)
    findings.push(failure?.finding)
  }
  expect(findings).toEqual([
    undefined,
    expect.stringContaining("crashes: Error: crashed"),
    undefined,
    undefined,
    "goes on for ever",
    undefined,
    "ends its thread with 7",
    undefined,
  ])
})
