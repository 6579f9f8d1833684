const KIB = 1024
const MIB = 1024 * KIB

/** Every size and count that the protocol fixes for a broker alone. Bytes unless the name says otherwise. */
export const BROKER_LIMITS = Object.freeze({
  /** The fixed window of a JSON client that sent no HELLO. */
  plainWindowBytes: 256 * KIB,
  /** Control that waits for a client to read it: where it is more for a second, the connection is closed. */
  controlBacklogBytes: 64 * KIB,
  /** What is read before WELCOME. */
  handshakeBytes: 4 * KIB,
  /** An idempotent request that is kept for failover. */
  failoverRequestBytes: 256 * KIB,
  /** Time-outs in a row that rest a provider. */
  providerTimeouts: 3,
  /** Messages of one session whose receipts it may lack: it sends no more, and a broker keeps the receipts of so many. */
  unansweredMessages: 1_024,
  /** What a member of a channel may say of itself, as JSON in UTF-8. */
  memberMetaBytes: 1_024,
  /** Packets in one mailbox. */
  mailboxPackets: 1_000,
  /** One mailbox. */
  mailboxBytes: 8 * MIB,
  /** How often a letter is sent to a reader that is lost before it has acknowledged it; then it is a dead letter. */
  mailboxAttempts: 10,
  /** All mailboxes of a broker; one sender takes at most 5 % of it. */
  brokerMailboxBytes: 256 * MIB,
})
