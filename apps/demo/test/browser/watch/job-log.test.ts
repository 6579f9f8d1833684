import { createHash } from "node:crypto"
import { expect, test } from "vitest"
import { JobLog, type JobLogLimits } from "../../../src/browser/watch/job-log.ts"
import type { RowList } from "../../../src/browser/watch/row-list.ts"

const encoder = new TextEncoder()
const newLog = (limits?: JobLogLimits) => new JobLog(() => createHash("sha256"), limits)
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex")
const textsOf = (list: RowList) => Array.from({ length: list.length }, (_, index) => list.at(index)?.text)

test("interleaves lanes as they came, and keeps each alone with what concerns it", () => {
  const log = newLog()
  log.append("main", 0, encoder.encode("a\n"))
  log.append("error", 0, encoder.encode("oops\n"))
  log.notice("Connection lost", { tone: "loss" })
  log.notice("1 chunk missing", { of: "error" })
  log.append("main", 1, encoder.encode("b\n"))
  expect(textsOf(log.rows)).toEqual(["a", "oops", "Connection lost", "1 chunk missing", "b"])
  expect(textsOf(log.laneRows.main)).toEqual(["a", "Connection lost", "b"])
  expect(textsOf(log.laneRows.error)).toEqual(["oops", "Connection lost", "1 chunk missing"])
})

test("a lane's open line goes on although the other lane wrote in between", () => {
  const log = newLog()
  log.append("main", 0, encoder.encode("half "))
  log.append("error", 0, encoder.encode("oops\n"))
  log.append("main", 1, encoder.encode("done\n"))
  expect(textsOf(log.rows)).toEqual(["half done", "oops"])
})

test("knows each lane's bytes, chunks and digest", () => {
  const log = newLog()
  log.append("main", 0, encoder.encode("a"))
  log.append("main", 1, encoder.encode("b"))
  log.lanes.main.seal()
  log.lanes.error.seal()
  expect(log.lanes.main).toMatchObject({ bytes: 2, chunks: 2, digest: sha256("ab") })
  expect(log.lanes.error).toMatchObject({ bytes: 0, digest: sha256("") })
})

test("claims no digest for a lane of which something is missing", () => {
  const log = newLog()
  log.markIncomplete("main")
  log.append("main", 3, encoder.encode("b"))
  log.lanes.main.seal()
  expect(log.lanes.main.digest).toBeUndefined()
})

test("built again out of its entries it is the same", () => {
  const log = newLog()
  log.append("main", 0, encoder.encode("a\nb"))
  log.notice("Connection lost", { tone: "loss" })
  log.append("main", 1, encoder.encode("c\n"))
  const again = newLog()
  again.replay(log.entries)
  expect(textsOf(again.rows)).toEqual(textsOf(log.rows))
  expect(again.entries).toEqual(log.entries)
})

test("keeps no more rows and bytes than it may, and counts what went", () => {
  const log = newLog({ maxRows: 100, maxBytes: 1_000 })
  for (let chunk = 0; chunk < 500; chunk++) log.append("main", chunk, encoder.encode(`line ${chunk}\n`))
  expect(log.rows.length).toBeLessThanOrEqual(100)
  expect(log.rows.length + log.rows.dropped).toBe(500)
  expect(log.rows.at(log.rows.length - 1)?.text).toBe("line 499")
  const kept = log.content("main").reduce((sum, { length }) => sum + length, 0)
  expect(kept).toBeLessThanOrEqual(1_000)
  expect(kept + log.lanes.main.droppedBytes).toBe(log.lanes.main.bytes)
})
