import type { BusStream } from "@luxbus/client"
import { BROKER_LIMITS, Lane, LIMITS, WRITER_LIMITS } from "@luxbus/packet"
import type { Findings } from "./findings.ts"
import type { StreamPair, World } from "./world.ts"

/** Looks once in so many steps. */
const EVERY_STEPS = 16
/**
 * What a connection may have undrained: nothing is added from 64 KiB on, but one message (1 MiB at most) may be, and
 * the control that a broker keeps.
 */
const MAX_UNDRAINED_BYTES = LIMITS.undrainedBytes + LIMITS.messageBytes + BROKER_LIMITS.controlBacklogBytes
/** What a writer may hold: its two memories, and in each the chunk that filled it. */
const MAX_HELD_COST =
  WRITER_LIMITS.sendMemoryBytes +
  WRITER_LIMITS.errorMemoryBytes +
  2 * (WRITER_LIMITS.chunkBytes + LIMITS.chunkOverheadCost)

/** What a reader may hold of a lane: its window, and what it keeps of what nobody reads. */
function maxReadCost(lane: "main" | "error"): number {
  return LIMITS.windowBytes[lane] + LIMITS.drainedTailBytes + WRITER_LIMITS.chunkBytes
}

/** A writer still holds what its reader does not have, and the reader no more than it granted. */
function checkPair({ name, writer, reader, main, error, isLive }: StreamPair, findings: Findings): void {
  const isOver = writer.state === "complete" || writer.state === "failed" || reader.error !== undefined
  if (isOver) return
  const { position } = reader
  const needed = main.acceptedCostFrom(position.main) + error.acceptedCostFrom(position.error)
  findings.check(
    isLive || writer.heldCost >= needed,
    () => `the writer of ${name} holds ${writer.heldCost}, and its reader lacks ${needed}`,
  )
  for (const lane of ["main", "error"] as const) {
    const { heldCost } = reader.lane(lane === "main" ? Lane.main : Lane.error)
    findings.check(heldCost <= maxReadCost(lane), () => `the reader of ${name} holds ${heldCost} of ${lane}`)
  }
}

/** Looks at the bounds of memory while a run goes on; call it at every step. */
export function boundsWatch(world: World): () => void {
  const { findings, participants, time, brokers, writing } = world
  const check = (stream: BusStream) => {
    const { heldCost } = stream.writer
    findings.check(heldCost <= MAX_HELD_COST, () => `the writer of ${stream.name} holds ${heldCost}`)
  }
  return () => {
    for (const { doubleSessions, name } of brokers)
      for (const id of doubleSessions) findings.add(`${id} has two sessions at the ${name}`)
    if (time.steps % EVERY_STEPS !== 0) return
    for (const pair of world.pairs) checkPair(pair, findings)
    for (const { id, link } of participants) {
      const { undrainedBytes } = link
      findings.check(
        undrainedBytes <= MAX_UNDRAINED_BYTES,
        () => `the link of ${id} has ${undrainedBytes} bytes under way`,
      )
    }
    for (const stream of writing) check(stream)
    for (const { name, server } of brokers) {
      const connections = server?.connectionCount ?? 0
      // Of a client that came back, the broker may not have heard yet that its earlier connections are lost.
      findings.check(connections <= 8 * participants.length, () => `the ${name} has ${connections} connections`)
    }
  }
}
