import { BusError, isJsonObject, type JsonObject, type JsonValue, LIMITS } from "@luxbus/packet"
import type { Lane } from "../lane.ts"
import { joinBytes, type Payload, payloadBytes } from "../payload.ts"

/** One message of an exchange, as everybody in it gets it. */
export interface ExchangeEvent {
  /** From 0, in the host's order. */
  readonly number: number
  /** Client id of who published it. */
  readonly from: string
  readonly data: Payload
}

/** What a host says to a guest: a message, or how many the guest has missed because the host keeps them no longer. */
export type HostStatement = ExchangeEvent | { readonly missed: number }

/** @throws BusError `too_large` over 1 MiB, `invalid_payload` */
export function assertMessage(data: Payload): void {
  const bytes = payloadBytes(data).length
  const limit = LIMITS.applicationMessageBytes
  if (bytes > limit) throw new BusError("too_large", `A message has at most ${limit} bytes.`, { details: { limit } })
}

/** Writes facts and a payload: bytes as a message of their own behind the facts, which tell how many there are. */
export async function writeMessage(lane: Lane, facts: JsonObject, data: Payload): Promise<void> {
  if (!(data instanceof Uint8Array)) {
    await lane.write({ ...facts, data })
    return
  }
  // Both before anybody else's: a lane keeps the order of its calls.
  const written = lane.write({ ...facts, bytes: data.length })
  await Promise.all([written, data.length > 0 ? lane.write(data) : undefined])
}

/**
 * Reads what {@link writeMessage} wrote.
 * @returns undefined at the lane's end
 * @throws BusError `protocol` for what is no message; what ended the lane
 */
export async function readMessage(
  lane: Lane,
): Promise<{ readonly facts: JsonObject; readonly data: Payload } | undefined> {
  const facts = await lane.next()
  if (facts === undefined) return undefined
  if (facts instanceof Uint8Array || typeof facts === "string" || !isJsonObject(facts)) throw malformed()
  const { data, bytes }: { readonly data?: JsonValue; readonly bytes?: JsonValue } = facts
  if (bytes === undefined) return { facts, data: data ?? null }
  if (!Number.isInteger(bytes) || Number(bytes) < 0 || Number(bytes) > LIMITS.applicationMessageBytes) throw malformed()
  return { facts, data: await readBytes(lane, Number(bytes)) }
}

async function readBytes(lane: Lane, count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let left = count; left > 0; ) {
    const part = await lane.read(left)
    if (part === undefined) throw malformed()
    parts.push(part)
    left -= part.length
  }
  return joinBytes(parts)
}

function malformed(): BusError {
  return new BusError("protocol", "That is no message of an exchange.")
}
