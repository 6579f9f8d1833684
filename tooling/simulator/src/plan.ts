import type { TopicPolicy } from "@luxbus/dispatcher"
import type { ServerOptions } from "@luxbus/server"
import type { ChannelPlan } from "./channel-plan.ts"
import type { LinkQuality } from "./link.ts"

/** A lane with a chunk of this number bears a digest: a lane of one chunk does not. */
export const TAMPERED_CHUNK = 1

/** Everything that a run will do, rolled before it begins. Times are virtual, in milliseconds from its start. */
export interface Plan {
  readonly seed: number
  readonly broker: Pick<ServerOptions, "ringBytes" | "keepFinishedMs" | "windowMs" | "topics">
  readonly clients: readonly ClientPlan[]
  readonly jobs: readonly JobPlan[]
  readonly duplexes: readonly DuplexPlan[]
  readonly topics: readonly TopicPlan[]
  /** Subjects whose messages members of a group share. */
  readonly groups?: readonly GroupPlan[]
  /** Topics whose policy says what is kept of them. */
  readonly histories?: readonly HistoryPlan[]
  /** Where clients register and ask each other. */
  readonly channels?: readonly ChannelPlan[]
  readonly faults: readonly FaultPlan[]
  /** Clients that claim hosted streams of others while they are being written. */
  readonly rivals?: readonly RivalPlan[]
  /** A stream between clients of which a byte is changed on the way, once: in main's chunk {@link TAMPERED_CHUNK}. */
  readonly tampered?: { readonly duplex: string; readonly client: string } | undefined
  /** How late the broker's journals may answer. Default 0: at once. */
  readonly journalDelayMs?: number
  /** How many brokers there are; a client dials any of those that run. Default 1. */
  readonly brokers?: number
  /** What becomes of what brokers send each other, until the calm. */
  readonly backplane?: BackplanePlan
  /** Whether it has the first kinds of faults only: what seeds of old mean. */
  readonly isBase?: boolean
  /** From here on there are no faults. */
  readonly calmAtMs: number
}

/** Shares of all messages, and how late one comes at most: later ones overtake it. */
export interface BackplanePlan {
  readonly lost: number
  readonly repeated: number
  readonly delayMs: number
}

export interface ClientPlan {
  readonly id: string
  readonly quality: LinkQuality
}

/** What is written on one lane: `messages` of `minBytes` to `maxBytes`, `pauseMs` apart on average. */
export interface WritePlan {
  readonly messages: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly pauseMs: number
  /** Text, which arrives message by message; else bytes, which arrive chunk by chunk. */
  readonly text: boolean
}

/** How who wrote ends: `end`, `fail`, `close` half-way, or `await-cancel` before failing as cancelled. */
export type Ending = "end" | "fail" | "close" | "await-cancel"

/** What a stream is, beside what is written on it. */
export interface KindPlan {
  /** What the writer's main lane keeps, of a live stream; absent: nothing is dropped. */
  readonly liveBytes?: number
  /** Default normal. */
  readonly urgency?: "low" | "high"
}

/** A hosted stream. */
export interface JobPlan extends KindPlan {
  readonly name: string
  readonly writer: string
  readonly openAtMs: number
  readonly main: WritePlan
  readonly error: WritePlan
  readonly ending: Ending
  readonly viewers: readonly ViewerPlan[]
}

/** Which lanes are read: both, one, or none but the outcome. */
export type Reads = "both" | "main" | "error" | "outcome"

export interface ViewerPlan {
  readonly name: string
  readonly client: string
  readonly atMs: number
  /** `cursor`: it closes half-way and attaches again where it stood. */
  readonly from: "start" | "now" | "cursor"
  readonly wait: boolean
  readonly reads: Reads
  /** Whether it listens for gaps; else they are thrown. */
  readonly listens: boolean
  /** Between two readings, on average. */
  readonly pauseMs: number
  /** After so many payloads of main it does `then`. */
  readonly stopsAfter: number
  readonly then: "go on" | "close" | "cancel" | "pause"
}

/** A stream between two clients. */
export interface DuplexPlan {
  readonly name: string
  readonly opener: SidePlan
  readonly acceptor: SidePlan
  readonly openAtMs: number
}

/** Of an acceptor, which answers with a reliable stream, the kind says nothing. */
export interface SidePlan extends KindPlan {
  readonly client: string
  readonly main: WritePlan
  readonly error: WritePlan
  /** `error-first`: takes one payload of main, then all of error before it goes on. */
  readonly reads: Reads | "error-first"
  readonly pauseMs: number
  readonly ending: Ending
  /** After so many payloads of main it asks the peer to stop; infinite: never. */
  readonly cancelsAfter: number
}

export interface TopicPlan {
  readonly subject: string
  readonly publishers: readonly PublisherPlan[]
  readonly subscribers: readonly SubscriberPlan[]
}

/** A topic with a history, or whose last message is retained. */
export interface HistoryPlan extends TopicPlan {
  readonly policy: TopicPolicy
}

/** A subject whose messages the members of one group share. */
export interface GroupPlan {
  readonly subject: string
  readonly publishers: readonly PublisherPlan[]
  readonly members: readonly GroupMemberPlan[]
}

export interface GroupMemberPlan {
  readonly name: string
  readonly client: string
  readonly atMs: number
  readonly prefetch: number
  /** What it does with a message takes so long, on average. */
  readonly workMs: number
  /** It closes with its so-manieth message, which it has not acknowledged; infinite: it stays. */
  readonly leavesAfter: number
}

export interface PublisherPlan {
  readonly client: string
  readonly atMs: number
  readonly write: WritePlan
}

export interface SubscriberPlan {
  readonly name: string
  readonly client: string
  readonly atMs: number
  readonly from: "start" | "now"
  readonly pauseMs: number
  readonly listens: boolean
}

export interface RivalPlan {
  readonly client: string
  readonly job: string
  readonly atMs: number
}

export type FaultPlan =
  | { readonly atMs: number; readonly kind: "cut"; readonly client: string }
  | { readonly atMs: number; readonly kind: "terminate"; readonly client: string; readonly side: "near" | "far" }
  | {
      readonly atMs: number
      readonly kind: "stall"
      readonly client: string
      readonly forMs: number
      readonly towards?: "near" | "far"
    }
  | { readonly atMs: number; readonly kind: "block"; readonly client: string; readonly forMs: number }
  | { readonly atMs: number; readonly kind: "reroute"; readonly client: string; readonly quality: LinkQuality }
  /** With `reviveAfterMs` another process comes under the same id. */
  | {
      readonly atMs: number
      readonly kind: "kill"
      readonly client: string
      readonly reviveAfterMs: number | undefined
    }
  /** The client takes its connection for lost; what it sent arrives still, and `forMs` later the broker hears of it. */
  | { readonly atMs: number; readonly kind: "abandon"; readonly client: string; readonly forMs: number }
  /** The connection goes silent for good. */
  | { readonly atMs: number; readonly kind: "swallow"; readonly client: string }
  | { readonly atMs: number; readonly kind: "sleep"; readonly client: string; readonly ms: number }
  | { readonly atMs: number; readonly kind: "set-wall"; readonly client: string; readonly byMs: number }
  /** A client's process ends as it sends its so-manieth message from then on. */
  | { readonly atMs: number; readonly kind: "crash"; readonly client: string; readonly messages: number }
  /** `broker`: its place in the cluster. Default 0, here and below. */
  | {
      readonly atMs: number
      readonly kind: "broker-crash"
      readonly broker?: number
      readonly messages: number
      readonly downMs: number
    }
  | { readonly atMs: number; readonly kind: "broker-set-wall"; readonly broker?: number; readonly byMs: number }
  | { readonly atMs: number; readonly kind: "broker-kill"; readonly broker?: number; readonly downMs: number }
  | { readonly atMs: number; readonly kind: "broker-drain"; readonly broker?: number; readonly downMs: number }
  /** What one broker sends does not reach another. */
  | {
      readonly atMs: number
      readonly kind: "partition"
      readonly from: number
      readonly to: number
      readonly isBothWays: boolean
      readonly forMs: number
    }
