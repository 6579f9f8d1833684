const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
const FORM = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const BLOCK_BYTES = 3 * 1024

const VALUES = /* @__PURE__ */ Array.from({ length: 128 }, (_, unit) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(unit))),
)

/** Bytes as base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  let text = ""
  // In blocks, since a text of a megabyte put together digit by digit is a very deep rope.
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) text += encodeBlock(bytes, at)
  return text
}

function encodeBlock(bytes: Uint8Array, from: number): string {
  const end = Math.min(bytes.length, from + BLOCK_BYTES)
  let text = ""
  for (let at = from; at < end; at += 3) {
    const left = end - at
    const group = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    text += ALPHABET[group >>> 18]! + ALPHABET[(group >>> 12) & 63]!
    text += left > 1 ? ALPHABET[(group >>> 6) & 63] : "="
    text += left > 2 ? ALPHABET[group & 63] : "="
  }
  return text
}

/** Whether a text is base64 with padding, and the only one for its bytes. */
export function isBase64(text: string): boolean {
  if (!FORM.test(text)) return false
  // Bits that padding cuts off must be zero, or two texts would stand for the same bytes.
  if (text.endsWith("==")) return (digit(text, text.length - 3) & 15) === 0
  return !text.endsWith("=") || (digit(text, text.length - 2) & 3) === 0
}

/** The bytes of a text that {@link isBase64} takes. */
export function fromBase64(text: string): Uint8Array {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let from = 0, to = 0; from < text.length; from += 4, to += 3) {
    const high = (digit(text, from) << 18) | (digit(text, from + 1) << 12)
    const group = high | (digit(text, from + 2) << 6) | digit(text, from + 3)
    bytes[to] = group >>> 16
    bytes[to + 1] = group >>> 8
    bytes[to + 2] = group
  }
  return bytes
}

/** The value of a digit; 0 for padding. */
function digit(text: string, at: number): number {
  return VALUES[text.charCodeAt(at)] ?? 0
}
