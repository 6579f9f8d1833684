import { Bus, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import type { Dial } from "@luxbus/transport"
import { dialWebSocket } from "@luxbus/transport-ws"
import { DEFAULT_URL } from "./connection-options.ts"
import { type ConnectionObserver, ObservedConnection } from "./tap/observed-connection.ts"
import type { Terminal } from "./terminal.ts"

/** How a command reaches its broker. */
export interface BusOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
  /** The client's id. Default: the broker gives one. */
  readonly id?: string | undefined
  /** Is told when the connection goes and comes. Default: a line on stderr. */
  readonly onConnection?: (connected: boolean) => void
  /** Makes who looks on at a connection, for each one anew. Default: nobody does. */
  readonly observe?: () => ConnectionObserver
}

/**
 * Connects as the flags, or the environment, say; tells on stderr when the connection goes and comes.
 * @throws BusError `connection_lost` when no broker answers, `unauthenticated` when it refuses the token
 */
export async function openBus(options: BusOptions, terminal: Terminal): Promise<Bus> {
  const url = options.url ?? terminal.env["LUXBUS_URL"] ?? DEFAULT_URL
  const token = options.token ?? terminal.env["LUXBUS_TOKEN"]
  const bus = new Bus(
    {
      clock: systemClock(),
      random: systemRandom(),
      createHash: platformSha256(),
      dial: observedDial(dialWebSocket(url), options.observe),
    },
    {
      ...(token === undefined ? {} : { token }),
      ...(options.id === undefined ? {} : { id: options.id }),
    },
  )
  await bus.connected
  reportConnection(bus, options.onConnection ?? ((connected) => void terminal.err(CONNECTION_LINES[connected ? 1 : 0])))
  return bus
}

function observedDial(dial: Dial, observe: BusOptions["observe"]): Dial {
  if (observe === undefined) return dial
  return async (options) => new ObservedConnection(await dial(options), observe())
}

const CONNECTION_LINES = ["luxbus: connection lost; reconnecting\n", "luxbus: connected again\n"] as const

function reportConnection(bus: Bus, tell: (connected: boolean) => void): void {
  let told = true
  bus.onStatus(({ state }) => {
    const connected = state === "connected"
    if (state === "closed" || connected === told) return
    told = connected
    tell(connected)
  })
}
