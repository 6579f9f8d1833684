import { BusError } from "@luxbus/packet"
import type { Message } from "./connection.ts"

/** Size of a message on the wire in bytes: of a string, that of its UTF-8 (a lone surrogate counts as U+FFFD, 3 bytes). */
export function messageBytes(message: Message): number {
  if (typeof message !== "string") return message.byteLength
  let bytes = 0
  for (let i = 0; i < message.length; i++) {
    const unit = message.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (isHighSurrogate(unit) && isLowSurrogate(message.charCodeAt(i + 1))) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}

/** @throws BusError `too_large` when the message exceeds `maxBytes` */
export function checkMessageSize(message: Message, maxBytes: number): void {
  // No UTF-16 unit takes more than 3 bytes, so most strings need no counting.
  if (message.length * (typeof message === "string" ? 3 : 1) <= maxBytes) return
  const bytes = messageBytes(message)
  if (bytes > maxBytes) {
    throw new BusError("too_large", `a message of ${bytes} bytes exceeds the connection's limit of ${maxBytes}`, {
      details: { bytes, maxBytes },
    })
  }
}

/** The longest beginning of `text` that fits `maxBytes` of UTF-8 and cuts no character. */
export function truncateUtf8(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += messageBytes(character)
    if (bytes > maxBytes) return text.slice(0, end)
    end += character.length
  }
  return text
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
