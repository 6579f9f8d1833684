declare const TextEncoder: new () => {
  encode(text: string): Uint8Array
  encodeInto(text: string, target: Uint8Array): { readonly written: number }
}
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
// Fatal, so that bad UTF-8 is seen and not replaced; the byte order mark is data, so that bytes come back as they were.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The UTF-8 bytes of a text. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Writes the UTF-8 bytes of a text at `offset`, where three times its length is free. Returns how many they are. */
export function writeUtf8(text: string, target: Uint8Array, offset: number): number {
  return encoder.encodeInto(text, target.subarray(offset)).written
}

/** The text of UTF-8 bytes, or undefined when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** How many bytes a text takes in UTF-8, counted without encoding it. A lone surrogate becomes U+FFFD, 3 bytes. */
export function utf8Bytes(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (text.codePointAt(i)! > 0xffff) {
      bytes += 4
      i++
    } else bytes += 3
  }
  return bytes
}

/** Whether a text has no lone surrogate, and so survives UTF-8. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text)
}
