import type { DuplexSide } from "./duplex.ts"
import { readsMainLate } from "./reads-main-late.ts"
import type { World } from "./world.ts"

/** Codes with which a half may end when a side gave the stream up or died. */
const GIVEN_UP = ["closed", "peer_lost", "expired", "timeout", "cancelled"]

/** Whether what the reading side got, and how it ended, is explained by what the other wrote and what went wrong. */
export function judgeHalf(world: World, writer: DuplexSide, reader: DuplexSide): void {
  const { findings } = world
  const { outcome } = reader
  if (outcome === undefined || isTampered(writer, reader)) return
  const sides = [writer, reader]
  const isGivenUp = sides.some(({ plan }) => plan.ending === "close" || world.participant(plan.client).killed)
  if (outcome !== writer.intent) {
    const isExplained = (isGivenUp && GIVEN_UP.includes(outcome)) || isTakenOver(world, sides, outcome)
    findings.check(
      isExplained,
      () => `${reader.name} ended with ${outcome}, and ${writer.name} meant ${writer.intent ?? "to go on"}`,
    )
    return
  }
  for (const name of ["main", "error"] as const) {
    const end = name === "main" ? reader.mainEnd : reader.errorEnd
    const check = reader.reading?.[name]
    if (end === undefined || check === undefined) continue
    // Whoever closes the stream leaves its own reading half-way.
    if (reader.plan.ending === "close") continue
    findings.check(end === "end", () => `${reader.name} saw ${outcome}, but ${name} ended with ${end}`)
    findings.check(
      check.whole,
      () => `${reader.name} saw ${outcome} with ${name} at ${check.next} of ${writer[name].next}`,
    )
    const isDrained = name === "main" && readsMainLate(world, reader)
    const isLagging = isDrained || writer.plan.liveBytes !== undefined
    const gaps = check.gaps.filter(({ reason }) => !isLagging || reason !== "lagged")
    findings.check(gaps.length === 0, () => `${reader.name} had a gap of ${name} that nothing explains`)
  }
}

/** Whether the next process of a client that was killed has taken a stream that its writer did not know to be taken. */
function isTakenOver(world: World, sides: readonly DuplexSide[], code: string): boolean {
  return code === "fenced" && sides.some(({ plan }) => world.participant(plan.client).killed)
}

/** What is tampered with ends with an error on both sides: its readers' lanes are held against that. */
function isTampered(...sides: readonly DuplexSide[]): boolean {
  return sides.some(({ main }) => main.tamperedChunk !== undefined)
}

/** Whether how a side's writing ended is explained. */
export function judgeWriting(world: World, writer: DuplexSide, reader: DuplexSide): void {
  const { result = "" } = writer
  if (result === "done" || result === "" || isTampered(writer, reader)) return
  const sides = [writer, reader]
  const isGivenUp = sides.some(({ plan }) => plan.ending === "close" || world.participant(plan.client).killed)
  const isExplained = (isGivenUp && GIVEN_UP.includes(result)) || isTakenOver(world, sides, result)
  world.findings.check(isExplained, () => `${writer.name} could not end: ${result}`)
}
