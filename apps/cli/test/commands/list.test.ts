import type { HostedSummary } from "@luxbus/client"
import { expect, test } from "vitest"
import { listTable } from "../../src/commands/list.ts"

const stream: HostedSummary = {
  name: "build",
  epoch: 1,
  state: "live",
  writer: "client/1",
  startedAtMs: 1_000,
  mainBytes: 2_500,
  errorBytes: 0,
  chunks: 3,
  readers: 2,
  headers: { command: ["make", "-j4"] },
  outcome: null,
}

test("one aligned row per stream, under a heading", () => {
  const failed: HostedSummary = {
    ...stream,
    name: "a-much-longer-id",
    state: "finished",
    outcome: { status: "error", exitCode: 3, main: 1, error: 1 },
  }
  expect(listTable([stream, failed], 61_000)).toEqual([
    "ID                STATE      STARTED  STDOUT  STDERR  WATCHERS  COMMAND",
    "build             live       1m ago   2.5 kB  0 B     2         make -j4",
    "a-much-longer-id  error (3)  1m ago   2.5 kB  0 B     2         make -j4",
  ])
})

test("nothing at all when there are none", () => {
  expect(listTable([], 0)).toEqual([])
})

test("control characters of another's command cannot move the cursor", () => {
  const [, row] = listTable([{ ...stream, headers: { command: ["\u001b[2J\rrm"] } }], 0)
  expect(row).toContain("?[2J?rm")
})
