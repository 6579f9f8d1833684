import { systemClock, systemRandom } from "@luxbus/clock"
import { dialWebSocket } from "@luxbus/transport-ws"
import { abortError, closeOnAbort, throwIfAborted } from "./abort.ts"
import { Bus } from "./bus.ts"
import { platformSha256 } from "./sha256.ts"

/** How {@link connect} connects. */
export interface ConnectOptions {
  /** The client id to ask for. Default: the broker gives one. */
  readonly id?: string
  /** What authenticates this client; see `getToken` for one that expires. */
  readonly token?: string
  /** Asked for a token before every connection. */
  readonly getToken?: () => string | Promise<string>
  /** Gives up connecting; once connected, closes the bus. */
  readonly signal?: AbortSignal
  /**
   * Whether a broker that cannot be reached at first is tried again. Default false: a wrong address is told at once.
   * After the first connection it reconnects for ever in any case.
   */
  readonly retryInitial?: boolean
}

/**
 * Connects to a broker over WebSocket. Resolves once the broker has welcomed this client.
 * @param url such as `ws://127.0.0.1:7700` or `wss://bus.example`
 * @throws BusError `connection_lost`, `unauthenticated`, `forbidden`, `id_taken`, `unsupported`, `cancelled`
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Bus> {
  const { id, token, getToken = token === undefined ? undefined : () => token, retryInitial, signal } = options
  throwIfAborted(signal)
  const bus = new Bus(
    {
      clock: systemClock(),
      random: systemRandom(),
      createHash: platformSha256(),
      dial: dialWebSocket(url),
    },
    {
      ...(id !== undefined && { id }),
      ...(getToken !== undefined && { getToken }),
      ...(retryInitial !== undefined && { retryInitial }),
    },
  )
  closeOnAbort(bus, signal)
  try {
    await bus.connected
  } catch (error) {
    if (signal?.aborted) throw abortError(signal)
    throw error
  }
  return bus
}
