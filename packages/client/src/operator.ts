import { isJsonObject } from "@luxbus/packet"
import type { Bus } from "./bus.ts"

/** One connected client, as the broker lists it. */
export interface ClientSummary {
  readonly id: string
  /** When it was welcomed on this connection, in Unix ms. */
  readonly connectedAtMs: number
  readonly remoteAddress: string
  /** `luxbus.v1.bin` or `luxbus.v1.json`. */
  readonly protocol: string
  /** What it writes, reads and publishes to on this connection. */
  readonly streams: number
}

/** The clients that are connected to the broker. For operators. @throws BusError `forbidden`, `closed` */
export async function listClients(bus: Bus): Promise<readonly ClientSummary[]> {
  return (await bus.command("clients")) as unknown as readonly ClientSummary[]
}

/**
 * Ends a client's session: it hears `closed` with the reason, and does not come back by itself. For operators.
 * @param reason at most 1 KiB
 * @returns whether it was connected to the broker
 * @throws BusError `forbidden`, `invalid_argument`, `closed`
 */
export async function disconnectClient(bus: Bus, id: string, reason?: string): Promise<boolean> {
  const reply = await bus.command("disconnect", { id, ...(reason !== undefined && { reason }) })
  return isJsonObject(reply) && reply["disconnected"] === true
}
