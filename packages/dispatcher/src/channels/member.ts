import type { JsonObject } from "@luxbus/packet"
import { ChannelRole } from "@luxbus/packet"

/** One client's place in a channel, as others are told of it. */
export interface Member {
  readonly id: string
  readonly role: ChannelRole
  /** Exchanges that a provider takes well at a time; of a consumer 1. */
  readonly capacity: number
  /** Since when, in Unix ms. */
  readonly sinceMs: number
}

/** The role whose members a role is introduced to. */
export function otherRole(role: ChannelRole): ChannelRole {
  return role === ChannelRole.consumer ? ChannelRole.provider : ChannelRole.consumer
}

/** A member on the wire. */
export function memberToJson({ id, role, capacity, sinceMs }: Member): JsonObject {
  return { id, role: role === ChannelRole.provider ? "provider" : "consumer", capacity, since: sinceMs }
}
