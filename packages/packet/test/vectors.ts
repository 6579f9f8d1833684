import { readFileSync } from "node:fs"
import { fromHex } from "../src/bytes.ts"
import { ChunkFlag, type Packet } from "../src/index.ts"

/** A message of the files in tooling/vectors, whose README says what each member means. */
export interface VectorMessage {
  readonly on?: string
  readonly by: "client" | "broker"
  readonly hex: string
  readonly filling?: { readonly hex: string; readonly times: number }
  readonly packets: readonly Packet[]
}

/** A vector, with what all of them may have. */
export interface Vector {
  readonly name: string
  readonly accepts?: readonly ("compressed" | "encrypted")[]
}

/** Reads one of the files. */
export function readVectors<More>(file: string): readonly (Vector & More)[] {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../../../tooling/vectors/files/${file}`, "utf8"))
}

/** The bytes that a vector stands for. */
export function messageOf({ hex, filling }: Pick<VectorMessage, "hex" | "filling">): Uint8Array {
  return fromHex(hex + (filling === undefined ? "" : filling.hex.repeat(filling.times)))!
}

/** What a reader of the vector's connection takes. */
export function readerOptions({ accepts = [] }: Vector): { readonly acceptedFlags: number } {
  return { acceptedFlags: accepts.reduce((bits, flag) => bits | ChunkFlag[flag], 0) }
}

/** Messages connection by connection, in order. */
export function connectionsOf(messages: readonly VectorMessage[]): readonly (readonly VectorMessage[])[] {
  const names = [...new Set(messages.map(({ on }) => on))]
  return names.map((name) => messages.filter(({ on }) => on === name))
}
