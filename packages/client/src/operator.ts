import { isJsonObject } from "@luxbus/packet"
import type { ChannelMember } from "@luxbus/session"
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

/** A channel, and how many are registered in it. */
export interface ChannelSummary {
  readonly channel: string
  readonly consumers: number
  readonly providers: number
  readonly members: number
}

/** Somebody who is registered in a channel. */
export interface RegisteredMember extends ChannelMember {
  /** Whether it has a connection now; one that has none is waited for. */
  readonly connected: boolean
}

/** What the broker keeps for one client. */
export interface MailboxSummary {
  /** The client's id. */
  readonly to: string
  /** Messages, those that a reader has and has not acknowledged included, and what they take with 64 bytes for each chunk. */
  readonly messages: number
  readonly bytes: number
  /** Connected or waited for. */
  readonly readers: number
  /** When the oldest that waits came, in Unix ms. */
  readonly oldestAtMs: number | null
  readonly deadLetters: number
  /** Dead letters that went for want of room. */
  readonly droppedDeadLetters: number
}

/** A message that the broker has given up. */
export interface DeadLetter {
  readonly id: number
  readonly from: string
  readonly to: string
  /** Unix ms. */
  readonly sentAtMs: number
  readonly deadAtMs: number
  /** `expired`: nobody came for it in time; `attempts`: each reader that had it was lost. */
  readonly reason: "expired" | "attempts"
  /** To how many readers it went. */
  readonly attempts: number
  readonly bytes: number
}

/** The channels of the broker. For operators. @throws BusError `forbidden`, `closed` */
export async function listChannels(bus: Bus): Promise<readonly ChannelSummary[]> {
  return (await bus.command("channels")) as unknown as readonly ChannelSummary[]
}

/** Everybody who is registered in a channel, of whatever role. For operators. @throws BusError `forbidden`, `closed` */
export async function listMembers(bus: Bus, channel: string): Promise<readonly RegisteredMember[]> {
  return (await bus.command("members", { channel })) as unknown as readonly RegisteredMember[]
}

/** Mailboxes that hold something or have a reader, and who has dead letters. For operators. @throws BusError `forbidden`, `closed` */
export async function listMailboxes(bus: Bus): Promise<readonly MailboxSummary[]> {
  return (await bus.command("mailboxes")) as unknown as readonly MailboxSummary[]
}

/**
 * Drops what waits in a mailbox, not what a reader has. A client may do so with its own; any, for operators.
 * @returns how many messages
 * @throws BusError `forbidden`, `closed`
 */
export async function dropMail(bus: Bus, to: string): Promise<number> {
  const reply = await bus.command("dropMail", { to })
  return isJsonObject(reply) ? Number(reply["dropped"]) : 0
}

/** What was given up of what was for a client, the oldest first. Its own; any, for operators. @throws BusError `forbidden`, `closed` */
export async function listDeadLetters(bus: Bus, to: string): Promise<readonly DeadLetter[]> {
  return (await bus.command("deadLetters", { to })) as unknown as readonly DeadLetter[]
}

/**
 * Puts dead letters back into the mailbox, the oldest first, as many as it has room for. Its own; any, for operators.
 * @param id which; all without
 * @returns how many, and how many are left
 * @throws BusError `unknown_stream` where there is none, `mailbox_full` where there is room for none; `forbidden`, `closed`
 */
export async function redriveDeadLetters(
  bus: Bus,
  to: string,
  id?: number,
): Promise<{ readonly redriven: number; readonly left: number }> {
  const reply = await bus.command("redrive", { to, ...(id !== undefined && { id }) })
  const { redriven = 0, left = 0 }: { readonly redriven?: unknown; readonly left?: unknown } = isJsonObject(reply)
    ? reply
    : {}
  return { redriven: Number(redriven), left: Number(left) }
}
