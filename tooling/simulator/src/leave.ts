import type { World } from "./world.ts"

/** Round trips and closing handshakes on the slowest link. */
const GOODBYE_MS = 60_000

/** Everything has ended: nothing may still be under way at a client that lives. */
export function judgeMemory({ living, findings, writing }: World): void {
  for (const { name, writer } of writing) {
    const isOver = writer.state === "complete" || writer.state === "failed"
    findings.check(
      !isOver || writer.heldCost === 0,
      () => `the writer of ${name} is over, and holds ${writer.heldCost}`,
    )
  }
  for (const { id, bus } of living) {
    findings.check(bus.activeCount === 0, () => `${id} keeps ${bus.activeCount} streams, attachments or commands`)
  }
}

/** Everybody leaves, and what was held must be given back, by clients at once and by the broker with time. */
export async function leave(world: World): Promise<void> {
  const { broker, findings, living, plan, time } = world
  const isClean = !findings.any
  if (!isClean) findings.close()
  world.isClosing = true
  world.trace.note("everybody leaves")
  for (const { bus } of living) await bus.close()
  await time.run(time.now() + GOODBYE_MS, () => false)
  if (isClean) {
    for (const { id, busClock: clock } of living) {
      findings.check(
        clock.pendingTimers === 0,
        () => `${id} is closed, and ${clock.pendingTimers} of its timers are set`,
      )
    }
    const connections = broker.server?.connectionCount ?? 0
    findings.check(connections === 0, () => `the broker keeps ${connections} connections that are closed`)
    const { keepFinishedMs = 0, windowMs = 0 } = plan.broker
    await time.run(time.now() + keepFinishedMs + 2 * windowMs + GOODBYE_MS, () => false)
    const kept = broker.server?.list().map(({ name }) => name) ?? []
    findings.check(kept.length === 0, () => `the broker keeps ${kept.join(", ")}`)
    const timers = broker.pendingTimers
    findings.check(timers === 0, () => `the broker has nothing to do, and ${timers} of its timers are set`)
  }
  const drained = broker.drain()
  await time.run(time.now() + GOODBYE_MS, () => false)
  await drained
}
