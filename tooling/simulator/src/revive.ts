import type { BusStream } from "@luxbus/client"
import { describe } from "./tasks.ts"
import type { World } from "./world.ts"

/**
 * A killed client comes back as a new process, which wants none of its streams: it closes what is opened to it, and must
 * not be given the rest of what the killed one had accepted.
 */
export function revive(world: World, id: string): void {
  const participant = world.revive(id)
  world.trace.note(`${id} is started again`)
  const acceptor = participant.bus.accept(">")
  const take = async () => {
    for (let stream = await acceptor.next(); stream !== undefined; stream = await acceptor.next()) {
      refuse(world, id, stream).catch((error) =>
        world.trace.note(`${id} did not close ${stream.name}: ${describe(error)}`),
      )
    }
  }
  take().catch((error) => world.trace.note(`${id} accepts no more: ${describe(error)}`))
}

async function refuse(world: World, id: string, stream: BusStream): Promise<void> {
  // At the very moment its opener may have heard of this process.
  const isFirst = (world.openedAtMs.get(stream.name) ?? Number.POSITIVE_INFINITY) >= world.time.now()
  world.findings.check(isFirst, () => `${id} was given the rest of ${stream.name}, which its killed process had taken`)
  await stream.close()
}
