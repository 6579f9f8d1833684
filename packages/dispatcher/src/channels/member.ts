import { ChannelRole, type JsonObject } from "@luxbus/packet"

/** One client's place in a channel, as others are told of it. */
export interface Member {
  readonly id: string
  readonly role: ChannelRole
  /** Exchanges that a provider takes well at a time; of others 1. */
  readonly capacity: number
  /** Since when, in Unix ms. */
  readonly sinceMs: number
  /** What it says of itself. */
  readonly meta: JsonObject | undefined
}

/** The role whose members a role is introduced to. */
export const INTRODUCED_TO = {
  [ChannelRole.consumer]: ChannelRole.provider,
  [ChannelRole.provider]: ChannelRole.consumer,
  [ChannelRole.member]: ChannelRole.member,
} as const

const ROLE_NAMES = {
  [ChannelRole.consumer]: "consumer",
  [ChannelRole.provider]: "provider",
  [ChannelRole.member]: "member",
} as const

/** A member on the wire. */
export function memberToJson({ id, role, capacity, sinceMs, meta }: Member): JsonObject {
  return { id, role: ROLE_NAMES[role], capacity, since: sinceMs, ...(meta !== undefined && { meta }) }
}
