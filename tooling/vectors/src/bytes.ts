import type { Bytes } from "./vector.ts"

/** The bytes of hexadecimal digits; spaces among them are for people. */
export function fromHex(...digits: readonly string[]): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.join("").replaceAll(" ", ""), "hex"))
}

/** Lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")
}

/** The message that a vector stands for. */
export function messageOf({ hex, filling }: Bytes): Uint8Array {
  return fromHex(hex, filling === undefined ? "" : filling.hex.repeat(filling.times))
}
