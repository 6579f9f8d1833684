import { BusError, utf8Bytes } from "@luxbus/packet"
import type { Message } from "./connection.ts"

/** Size of a message on the wire in bytes: of a string, that of its UTF-8. */
export function messageBytes(message: Message): number {
  return typeof message === "string" ? utf8Bytes(message) : message.byteLength
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
    bytes += utf8Bytes(character)
    if (bytes > maxBytes) return text.slice(0, end)
    end += character.length
  }
  return text
}
