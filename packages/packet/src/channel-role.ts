/** What a client is in a channel. */
export const ChannelRole = { consumer: 1, provider: 2 } as const

/** A role's number on the wire. */
export type ChannelRole = 1 | 2
