import { Bus, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import { systemClock, systemRandom } from "@luxbus/clock"
import { createServer, type HostedSummary, type ServerOptions } from "@luxbus/server"
import { memoryListener } from "@luxbus/transport"

/** Settings of a bus within one process: those of the broker that it holds, without what concerns a network. */
export type CreateBusOptions = Pick<
  ServerOptions,
  "windowMs" | "ringBytes" | "keepFinishedMs" | "maxHostedBytes" | "onEvent"
>

/** A bus within one process: no server, no port. Participants connect to it and use it as they would a broker. */
export interface BusHub extends AsyncDisposable {
  /**
   * Connects one participant.
   * @param id its client id. Default: one is given
   * @throws BusError `id_taken` while another has it, `closed`
   */
  connect(id?: string): Promise<Bus>
  /** The streams that are hosted here. */
  list(): readonly HostedSummary[]
  /** Closes every participant and forgets every stream. Idempotent. */
  close(): Promise<void>
}

/**
 * Makes a bus within this process. Everything works as over a broker: delivery is asynchronous, and payloads arrive as
 * they would over a wire, so that code which works here works there.
 */
export function createBus(options: CreateBusOptions = {}): BusHub {
  const clock = systemClock()
  const random = systemRandom()
  const createHash = platformSha256()
  const place = memoryListener({ clock })
  const server = createServer(options, { clock, random })
  const listener = place.listen(server.accept)
  const participants = new Set<Bus>()

  const close = async () => {
    for (const bus of participants) await bus.close()
    await listener.close()
    await server.close()
  }

  return {
    async connect(id) {
      const bus = new Bus(
        { clock, random, createHash, createStreams, dial: place.dial },
        id === undefined ? {} : { id },
      )
      await bus.connected
      participants.add(bus)
      bus.onStatus((status) => {
        if (status.state === "closed") participants.delete(bus)
      })
      return bus
    },
    list: () => server.list(),
    close,
    [Symbol.asyncDispose]: close,
  }
}
