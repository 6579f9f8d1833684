import type { World } from "./world.ts"

/** Round trips and closing handshakes on the slowest link. */
const GOODBYE_MS = 60_000

/** Topics that hold a history last: the broker looks at those that are idle, and at those that grow old, at times. */
const HISTORY_TIMERS = 2

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
  const { backplane, brokers, findings, living, plan, time } = world
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
    for (const { name, server } of brokers) {
      const connections = server?.connectionCount ?? 0
      findings.check(connections === 0, () => `the ${name} keeps ${connections} connections that are closed`)
    }
    const { keepFinishedMs = 0, windowMs = 0 } = plan.broker
    await time.run(time.now() + keepFinishedMs + 2 * windowMs + GOODBYE_MS, () => false)
    for (const { name, server, pendingTimers } of brokers) {
      const kept = server?.list().map(({ name }) => name) ?? []
      findings.check(kept.length === 0, () => `the ${name} keeps ${kept.join(", ")}`)
      findings.check(
        pendingTimers <= (plan.histories === undefined ? 0 : HISTORY_TIMERS),
        () => `the ${name} has nothing to do, and ${pendingTimers} of its timers are set`,
      )
    }
  }
  const drained = Promise.all(brokers.map((broker) => broker.drain()))
  await time.run(time.now() + GOODBYE_MS, () => false)
  await drained
  const subscriptions = backplane?.subscriptionCount ?? 0
  findings.check(subscriptions === 0, () => `every broker is closed, and ${subscriptions} subscriptions are left`)
}
