import type { StreamEnd } from "@luxbus/dual-stream"
import { type BusError, type Fields, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "./test-bus.ts"

/** A writer that says what the test says, and what it is told. */
class Caller implements StreamEnd {
  readonly told: (string | Fields)[] = []
  readonly #client: TestClient
  readonly #address: number

  constructor(client: TestClient) {
    this.#client = client
    this.#address = client.carrier.allocate(this)
  }

  start(deadlineMs: number): this {
    const fields = { kind: StreamKind.relayed, name: "call", to: "b", seq: new Uint8Array(40) }
    this.#client.carrier.start(this.#address, { epoch: 1, deadlineMs }, fields)
    return this
  }

  control(fields: Fields): void {
    this.told.push(fields.verdict === undefined ? fields : String(fields.verdict["verdict"]))
  }

  reset({ code }: BusError): void {
    this.told.push(code)
  }

  pull(): boolean {
    return false
  }

  frame(): void {}
  endRun(): void {}
  detach(): void {}
}

test("a START whose reader does not come before its deadline has expired", () => {
  const bus = new TestBus()
  const call = new Caller(bus.client("a")).start(5_000)
  bus.pass(4_900)
  expect(call.told).toEqual(["wait"])
  bus.pass(200)
  expect(call.told).toEqual(["wait", "expired"])
  expect([bus.dispatcher.usage.relays, bus.clock.pendingTimers]).toEqual([0, 0])
})

test("one that is repeated has what is left, and is handed on with it", () => {
  const bus = new TestBus()
  const call = new Caller(bus.client("a")).start(5_000)
  bus.pass(3_000)
  call.start(2_000)
  bus.pass(1_500)
  const b = bus.client("b")
  bus.pass(1)
  expect(call.told).toEqual(["wait", "wait", "retry"])
  call.start(400)
  bus.pass(60_000)
  expect(b.accepted("a", "call").starts).toMatchObject([{ deadlineMs: 400 }])
  expect(call.told).not.toContain("expired")
})

test("one without a deadline, or of a reader that has begun and is away, waits", () => {
  const bus = new TestBus()
  const b = bus.client("b")
  const call = new Caller(bus.client("a")).start(5_000)
  bus.pass()
  b.cut()
  call.start(1_000)
  bus.pass(60_000)
  const other = new Caller(bus.client("c")).start(0)
  bus.pass(60_000)
  expect([...call.told, ...other.told]).not.toContain("expired")
})
