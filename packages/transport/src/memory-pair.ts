import type { Clock } from "@luxbus/clock"
import { BusError, LIMITS } from "@luxbus/packet"
import type { Connection } from "./connection.ts"
import { MemoryConnection, type MemorySignal } from "./memory-connection.ts"
import { MemoryPipe } from "./memory-pipe.ts"

/** How a link in memory behaves. */
export interface MemoryLinkOptions {
  readonly clock: Clock
  /** What both sides show as their subprotocol. Default: "luxbus.v1.bin", the one that a bus in process speaks. */
  readonly protocol?: string
  /** Time that each message takes, per direction. Default 0: it arrives at the end of the turn. */
  readonly latencyMs?: number
  /** How fast a direction takes bytes. Default: without limit. */
  readonly bytesPerSecond?: number
  /** The longest message that `send()` takes. Default: 1 MiB, the protocol's limit. */
  readonly maxMessageBytes?: number
}

/** What of the messages under way still arrives when a link is cut, counted from the oldest. Default: none. */
export interface CutOptions {
  readonly keepToNear?: number
  readonly keepToFar?: number
}

/** A link in memory: its two ends, and the faults that a test can set. */
export interface MemoryPair {
  readonly near: Connection
  readonly far: Connection
  /** Cuts the link: each direction loses a suffix, and both sides see `connection_lost`. Ends a stall. */
  cut(options?: CutOptions): void
  /**
   * Holds everything back, and closes nothing: a network that went silent, or a reader that stopped.
   * @param towards the side that gets nothing any more. Default: both
   */
  stall(towards?: "near" | "far"): void
  /** Lets everything move again, in order. */
  unstall(): void
}

/** A {@link MemoryPair} as this package sees it, with the means to fail a side. */
export interface MemoryLink extends MemoryPair {
  readonly near: MemoryConnection
  readonly far: MemoryConnection
}

/**
 * Makes two connected connections within one process. Delivery is never synchronous: messages are handed over, not
 * copied, at the end of the turn or when their latency has passed, in order. `undrainedBytes` counts what the other
 * side has not been handed yet. Takes all its time from `clock`, so that a simulation repeats itself.
 * @throws BusError `invalid_argument` for a negative latency or a bandwidth that is not above 0
 */
export function memoryPair(options: MemoryLinkOptions): MemoryPair {
  return memoryLink(options)
}

/** {@link memoryPair} for this package's own use. */
export function memoryLink(options: MemoryLinkOptions): MemoryLink {
  const { clock, latencyMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY } = options
  if (!(latencyMs >= 0)) throw new BusError("invalid_argument", `latencyMs is ${latencyMs}, and must be 0 or more`)
  if (!(bytesPerSecond > 0)) throw new BusError("invalid_argument", `bytesPerSecond is ${bytesPerSecond}, not above 0`)

  const side = (outgoing: () => MemoryPipe<MemorySignal>) =>
    new MemoryConnection({
      clock,
      protocol: options.protocol ?? "luxbus.v1.bin",
      maxMessageBytes: options.maxMessageBytes ?? LIMITS.messageBytes,
      outgoing,
    })
  const near: MemoryConnection = side(() => toFar)
  const far: MemoryConnection = side(() => toNear)
  const pipe = (from: MemoryConnection, to: MemoryConnection) =>
    new MemoryPipe<MemorySignal>({
      clock,
      latencyMs,
      bytesPerSecond,
      deliver: (signal) => {
        to.receive(signal)
        from.drained()
      },
    })
  const toFar = pipe(near, far)
  const toNear = pipe(far, near)

  return {
    near,
    far,
    cut({ keepToNear = 0, keepToFar = 0 } = {}) {
      toNear.truncate(keepToNear)
      toFar.truncate(keepToFar)
      for (const direction of [toNear, toFar]) {
        direction.push({ kind: "lost" }, 0)
        direction.unstall()
      }
    },
    stall(towards) {
      if (towards !== "far") toNear.stall()
      if (towards !== "near") toFar.stall()
    },
    unstall() {
      toNear.unstall()
      toFar.unstall()
    },
  }
}
