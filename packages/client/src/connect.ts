import { systemClock, systemRandom } from "@luxbus/clock"
import { dialWebSocket } from "@luxbus/transport-ws"
import { abortError, closeOnAbort, throwIfAborted } from "./abort.ts"
import { Bus, type BusOptions } from "./bus.ts"
import { platformSha256 } from "./sha256.ts"

/** How {@link connect} connects. */
export interface ConnectOptions extends BusOptions {
  /** Gives up connecting; once connected, closes the bus. */
  readonly signal?: AbortSignal
}

/**
 * Connects to a broker over WebSocket. Resolves once the broker has welcomed this client.
 * @param url such as `ws://127.0.0.1:7700` or `wss://bus.example`
 * @throws BusError `connection_lost`, `unauthenticated`, `forbidden`, `id_taken`, `unsupported`, `cancelled`
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Bus> {
  const { signal } = options
  throwIfAborted(signal)
  const bus = new Bus(
    { clock: systemClock(), random: systemRandom(), createHash: platformSha256(), dial: dialWebSocket(url) },
    options,
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
