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
      await refuse(world, id, stream)
    }
  }
  take().catch((error) => world.trace.note(`${id} accepts no more: ${describe(error)}`))
}

async function refuse(world: World, id: string, stream: BusStream): Promise<void> {
  const isFirst = !world.opened.has(stream.name)
  world.findings.check(isFirst, () => `${id} was given the rest of ${stream.name}, which its killed process had taken`)
  await stream.close()
}
