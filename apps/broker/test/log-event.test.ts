import { BusError } from "@luxbus/packet"
import type { ServerEvent } from "@luxbus/server"
import { expect, test } from "vitest"
import type { BrokerLog } from "../src/index.ts"
import { logEvent } from "../src/log-event.ts"

function logged(event: ServerEvent): readonly [level: string, facts: object, message: string] | undefined {
  let line: readonly [string, object, string] | undefined
  const write = (level: string) => (facts: object, message: string) => {
    line = [level, facts, message]
  }
  const log: BrokerLog = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") }
  logEvent(log, event)
  return line
}

test("a stream's events carry its id and its writer's", () => {
  const stream = { name: "build", epoch: 7, writer: "ci" }
  const outcome = { status: "error", exitCode: 3, main: 2, error: 1 } as const
  expect(logged({ type: "stream-started", stream })).toEqual([
    "info",
    { stream: "build", epoch: 7, client: "ci" },
    "stream started",
  ])
  expect(logged({ type: "stream-ended", stream, outcome })?.[1]).toMatchObject({
    stream: "build",
    status: "error",
    exitCode: 3,
  })
})

test("a refused client is a warning with the error's code", () => {
  const error = new BusError("id_taken", "another session has it")
  expect(logged({ type: "client-refused", client: "ci", remoteAddress: "::1", error })).toEqual([
    "warn",
    { client: "ci", remoteAddress: "::1", code: "id_taken", problem: "another session has it" },
    "client refused",
  ])
})

test("a failure in the background is an error, with its stream if it has one", () => {
  const error = new BusError("storage", "the disk is full")
  expect(logged({ type: "error", error })?.[0]).toBe("error")
  expect(logged({ type: "error", error, stream: { name: "s", epoch: 1, writer: "w" } })?.[1]).toMatchObject({
    stream: "s",
  })
})
