import { BusError } from "@luxbus/packet"
import { assertPolicies, type TopicPolicy } from "./topic-policy.ts"

/** Options of a Dispatcher. */
export interface DispatcherOptions {
  /**
   * How long a suspended stream or an absent client is waited for. Default 120 000: a page reload, a change of network
   * or a broker's restart fit, a closed laptop does not.
   */
  readonly windowMs?: number
  /** How long a finished hosted stream can still be read. Default 3 600 000: who comes back from a break finds it. */
  readonly keepFinishedMs?: number
  /**
   * What all rings of hosted streams, mirrors and topics may take together. Default 512 MiB. Beyond it finished streams go, the
   * oldest first; while there is none, no new stream is taken (`rate_limited`).
   */
  readonly maxHostedBytes?: number
  /** Hosted streams, finished ones included, mirrors, topics and patterns. Default 200 000: at about 1 KiB each, 200 MiB at rest. */
  readonly maxStreams?: number
  /** Relayed streams that one client writes at a time. Default 4 096. */
  readonly maxRelaysPerClient?: number
  /** Registrations in channels of one client. Default 1 024: at about 0.5 KiB each, 0.5 MiB. */
  readonly maxRegistrationsPerClient?: number
  /** Attachments, subscriptions and waits of one connection. Default 131 072: at about 0.5 KiB each, 64 MiB. */
  readonly maxReadersPerClient?: number
  /** Subjects that one connection publishes to at a time. Default 4 096, as many as a client keeps aliases for. */
  readonly maxPublicationsPerClient?: number
  /** What one topic keeps. Default 1 MiB, a reader's window: a burst that its credit covers is never skipped. */
  readonly topicRingBytes?: number
  /**
   * What the copy of another broker's hosted stream may take here, which this broker's clients read. Default 64 MiB, as much
   * as a hosted stream keeps in memory.
   */
  readonly mirrorRingBytes?: number
  /** How long a topic stays without publication and subscriber. Default 60 000. */
  readonly topicIdleMs?: number
  /** How long a message waits for an absent client in its mailbox. Default 120 000: as long as a client is waited for. */
  readonly mailboxTtlMs?: number
  /** How subjects are treated, each by the first policy whose pattern matches. Default: none. */
  readonly topics?: readonly TopicPolicy[]
}

const MIB = 1024 * 1024
const MAX_DELAY_MS = 0x7fff_ffff

const DEFAULTS: Required<Omit<DispatcherOptions, "topics">> = {
  windowMs: 120_000,
  keepFinishedMs: 3_600_000,
  maxHostedBytes: 512 * MIB,
  maxStreams: 200_000,
  maxRelaysPerClient: 4_096,
  maxRegistrationsPerClient: 1_024,
  maxReadersPerClient: 131_072,
  maxPublicationsPerClient: 4_096,
  topicRingBytes: MIB,
  mirrorRingBytes: 64 * MIB,
  topicIdleMs: 60_000,
  mailboxTtlMs: 120_000,
}

/** Fills in the defaults. @throws BusError `invalid_argument` naming what is no whole number in its range, or no policy */
export function resolveOptions(options: DispatcherOptions): Required<DispatcherOptions> {
  const { topics = [] } = options
  assertPolicies(topics)
  const resolved = { ...DEFAULTS, topics }
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name]
    if (value === undefined) continue
    const max = name.endsWith("Ms") ? MAX_DELAY_MS : Number.MAX_SAFE_INTEGER
    if (!Number.isInteger(value) || value < 0 || value > max)
      throw new BusError("invalid_argument", `${name} is a whole number from 0 to ${max}`, { details: { name } })
    resolved[name] = value
  }
  return resolved
}
