/** What a client is in a channel. Providers and consumers hear of each other, and members of members. */
export const ChannelRole = { consumer: 1, provider: 2, member: 3 } as const

/** A role's number on the wire. */
export type ChannelRole = 1 | 2 | 3
