import { BusError, isJsonObject, isName, type JsonObject, type JsonValue, LIMITS } from "@luxbus/packet"
import { DEFAULT_HEARTBEAT, type HeartbeatOptions } from "./heartbeat.ts"

/** The session protocol's versions that this code speaks. */
export const VERSIONS: readonly number[] = Object.freeze([1])

/** How long a side waits for HELLO or WELCOME. */
export const HANDSHAKE_TIMEOUT_MS = 5_000

/** Base64, with or without padding, in either alphabet: 32 bytes and room for more. */
const SECRET = /^[\w+/=-]{40,64}$/

/** What every platform's timer takes: 31 bits. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** What one side takes at most. Writers split to it: frames of theirs are smaller than any that is allowed here. */
export interface HandshakeLimits {
  readonly messageBytes: number
  readonly framePayloadBytes: number
}

/** What a client says first. */
export interface Hello {
  readonly versions: readonly number[]
  readonly features: readonly string[]
  /** Default: the protocol's own. */
  readonly limits: HandshakeLimits
  /** The client id that it asks for; absent: the broker gives one. */
  readonly id?: string
  /** What authenticates it. */
  readonly token?: string
  /** Base64 of 32 random bytes that only this client knows: their SHA-256 is the session's id, they its resume token. */
  readonly secret: string
}

/** What the broker answers. */
export interface Welcome {
  readonly version: number
  readonly features: readonly string[]
  /** The smaller of both sides' limits. */
  readonly limits: HandshakeLimits
  readonly id: string
  /** The broker's incarnation, in hex: another one remembers nothing of this one's memory. */
  readonly incarnation: string
  /** Default: {@link DEFAULT_HEARTBEAT}. */
  readonly heartbeat: HeartbeatOptions
  /** Until when the client's token is good, in Unix ms: read by `TokenRefresh` alone. Default: for ever. */
  readonly expiresAtMs?: number
}

/** A broker passes on what others have written, as it was written: who takes less than this cannot be served. */
const LEAST_LIMITS: HandshakeLimits = Object.freeze({
  messageBytes: LIMITS.leastMessageBytes,
  framePayloadBytes: LIMITS.framePayloadBytes,
})

/** The limits of this side. */
export const OWN_LIMITS: HandshakeLimits = Object.freeze({
  messageBytes: LIMITS.messageBytes,
  framePayloadBytes: LIMITS.framePayloadBytes,
})

/**
 * Reads a HELLO. What it does not know it leaves out.
 * @throws BusError `protocol` (`details.field`) when it is malformed, `unsupported` when no version is shared
 * (`details.versions`), or when it takes less than every side must (`details.limits`)
 */
export function parseHello(value: JsonObject): Hello {
  const { features, id, limits, secret, token, versions }: Received = value
  const offered = numbers(versions, "hello.versions")
  if (!offered.some((version) => VERSIONS.includes(version))) {
    throw new BusError("unsupported", `No common version: this side speaks ${VERSIONS.join(", ")}.`, {
      details: { versions: [...VERSIONS] },
    })
  }
  if (typeof secret !== "string" || !SECRET.test(secret)) throw malformed("hello.secret")
  if (id !== undefined && (typeof id !== "string" || !isName(id))) throw malformed("hello.id")
  if (token !== undefined && typeof token !== "string") throw malformed("hello.token")
  return {
    versions: offered,
    features: strings(features, "hello.features"),
    limits: parseLimits(limits, "hello.limits"),
    secret,
    ...(id !== undefined && { id }),
    ...(token !== undefined && { token }),
  }
}

/**
 * Reads a WELCOME. What it does not know it leaves out.
 * @throws BusError `protocol` (`details.field`) when it is malformed, or names a version that was not offered;
 * `unsupported` (`details.limits`) when the broker takes less than every side must
 */
export function parseWelcome(value: JsonObject): Welcome {
  const { features, heartbeat, id, incarnation, limits, version }: Received = value
  if (typeof id !== "string" || !isName(id)) throw malformed("welcome.id")
  if (typeof incarnation !== "string") throw malformed("welcome.incarnation")
  if (typeof version !== "number" || !VERSIONS.includes(version)) throw malformed("welcome.version")
  return {
    version,
    features: strings(features, "welcome.features"),
    limits: parseLimits(limits, "welcome.limits"),
    id,
    incarnation,
    heartbeat: parseHeartbeat(heartbeat),
  }
}

/** The smaller of both sides' limits: what both keep to. */
export function commonLimits(theirs: HandshakeLimits): HandshakeLimits {
  return {
    messageBytes: Math.min(theirs.messageBytes, OWN_LIMITS.messageBytes),
    framePayloadBytes: Math.min(theirs.framePayloadBytes, OWN_LIMITS.framePayloadBytes),
  }
}

/** What the other side sent, of which nothing is known yet. */
type Received = { readonly [N in keyof Hello | keyof Welcome]?: JsonValue }

function parseLimits(value: JsonValue | undefined, name: string): HandshakeLimits {
  if (value === undefined) return OWN_LIMITS
  if (!isJsonObject(value)) throw malformed(name)
  const { messageBytes, framePayloadBytes }: { readonly [N in keyof HandshakeLimits]?: JsonValue } = value
  const most = Number.MAX_SAFE_INTEGER
  const limits = {
    messageBytes: whole(messageBytes, `${name}.messageBytes`, OWN_LIMITS.messageBytes, most),
    framePayloadBytes: whole(framePayloadBytes, `${name}.framePayloadBytes`, OWN_LIMITS.framePayloadBytes, most),
  }
  if (limits.messageBytes < LEAST_LIMITS.messageBytes || limits.framePayloadBytes < LEAST_LIMITS.framePayloadBytes) {
    throw new BusError("unsupported", `The handshake's ${name} are below what every side takes.`, {
      details: { limits: { ...LEAST_LIMITS } },
    })
  }
  return limits
}

function parseHeartbeat(value: JsonValue | undefined): HeartbeatOptions {
  if (value === undefined) return DEFAULT_HEARTBEAT
  if (!isJsonObject(value)) throw malformed("welcome.heartbeat")
  const { intervalMs, timeoutMs }: { readonly [N in keyof HeartbeatOptions]?: JsonValue } = value
  return {
    intervalMs: whole(intervalMs, "welcome.heartbeat.intervalMs", DEFAULT_HEARTBEAT.intervalMs, MAX_TIMER_MS),
    timeoutMs: whole(timeoutMs, "welcome.heartbeat.timeoutMs", DEFAULT_HEARTBEAT.timeoutMs, MAX_TIMER_MS),
  }
}

function whole(value: JsonValue | undefined, name: string, fallback: number, most: number): number {
  if (value === undefined) return fallback
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= most) return value
  throw malformed(name)
}

function numbers(value: JsonValue | undefined, name: string): readonly number[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value
  throw malformed(name)
}

function strings(value: JsonValue | undefined, name: string): readonly string[] {
  if (value === undefined) return []
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value
  throw malformed(name)
}

function malformed(field: string): BusError {
  return new BusError("protocol", `The handshake's ${field} is malformed.`, { details: { field } })
}
