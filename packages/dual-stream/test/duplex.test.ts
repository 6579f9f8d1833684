import { ManualClock } from "@luxbus/clock/testing"
import { BusError, StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import { Duplex, type DuplexState, fromPeer, StreamReader, StreamWriter } from "../src/index.ts"
import { testHash } from "../src/testing.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

function ignore(): void {}

function duplexOf(): Duplex {
  const shared = { clock: new ManualClock(), createHash: testHash }
  const writerEvents = { room: ignore, notice: ignore, cancelled: ignore, complete: ignore, failed: ignore }
  const readerEvents = { readable: ignore, notice: ignore, outcome: ignore, failed: ignore }
  const carrier = new ScriptedCarrier()
  const writer = new StreamWriter(
    { ...shared, events: writerEvents },
    { kind: StreamKind.relayed, name: "talk", to: "bob", epoch: 1, seq: new Uint8Array(40), windowMs: 1_000 },
  )
  const reader = new StreamReader({ ...shared, events: readerEvents }, { source: fromPeer, windowMs: 1_000 })
  writer.attach(carrier)
  reader.attach(carrier, 0x8000_0001, 1)
  return new Duplex(writer, reader)
}

const open = ({ writer }: Duplex) => writer.control({ open: true, epoch: 1 }, 0)
const endLocal = ({ writer }: Duplex) => writer.finish({ status: "done" })
const endRemote = ({ reader }: Duplex) => reader.control({ outcome: { status: "done", main: 0, error: 0 } }, 0)
const suspendLocal = ({ writer }: Duplex) => writer.control({ suspended: 500 }, 0)
const suspendRemote = ({ reader }: Duplex) => reader.control({ suspended: 500 }, 0)
const failLocal = ({ writer }: Duplex) => writer.reset(new BusError("too_large", "refused"))
const failRemote = ({ reader }: Duplex) => reader.reset(new BusError("peer_lost", "gone"))

const table: readonly [name: string, steps: readonly ((duplex: Duplex) => void)[], state: DuplexState][] = [
  ["nothing happened", [], { name: "opening", suspended: false }],
  ["the reader took it", [open], { name: "open", suspended: false }],
  ["this side ended", [open, endLocal], { name: "half-closed", side: "local", suspended: false }],
  ["the other side ended", [open, endRemote], { name: "half-closed", side: "remote", suspended: false }],
  ["both ended", [open, endLocal, endRemote], { name: "closed", suspended: false }],
  ["it ended before it opened", [endLocal], { name: "half-closed", side: "local", suspended: false }],
  ["the peer is away", [open, suspendLocal], { name: "open", suspended: true }],
  ["the writer is away", [open, suspendRemote], { name: "open", suspended: true }],
  ["half-closed, and away", [open, endRemote, suspendLocal], { name: "half-closed", side: "remote", suspended: true }],
  ["back again", [open, suspendLocal, open], { name: "open", suspended: false }],
  ["refused", [failLocal], { name: "error", code: "too_large", suspended: false }],
  ["given up by the peer", [open, failRemote], { name: "error", code: "peer_lost", suspended: false }],
  ["failed while away", [open, suspendLocal, failLocal], { name: "error", code: "too_large", suspended: false }],
]

test.each(table)("state when %s", (_name, steps, state) => {
  const duplex = duplexOf()
  for (const step of steps) step(duplex)
  expect(duplex.state).toEqual(state)
})
