import { readFileSync } from "node:fs"

interface Message {
  readonly on?: string
  readonly by: "client" | "broker"
  readonly hex: string
}

/** What the attackers' messages are made from. */
export interface Corpus {
  /** What clients say, connection by connection, behind their HELLO. */
  readonly conversations: readonly (readonly Uint8Array[])[]
  /** Single messages of either side, valid and not. */
  readonly messages: readonly Uint8Array[]
}

/** A HELLO begins with its one field: id 0x90. */
const HELLO = /^c503.{36}90/

/** Reads the vectors of the protocol. */
export function readCorpus(): Corpus {
  const exchanges = read<{ readonly messages: readonly Message[] }>("exchanges.json")
  const frames = read<{ readonly messages: readonly Message[] }>("frames.json").flatMap(({ messages }) => messages)
  const invalid = read<Message & { readonly filling?: object }>("invalid-frames.json")
  const said = (messages: readonly Message[]) => messages.filter(({ hex }) => !HELLO.test(hex)).map(bytesOf)
  const conversations = exchanges.flatMap(({ messages }) => {
    const spoken = messages.filter(({ by }) => by === "client")
    return [...new Set(spoken.map(({ on }) => on))].map((name) => said(spoken.filter(({ on }) => on === name)))
  })
  return {
    conversations: conversations.filter((messages) => messages.length > 0),
    messages: said([...frames, ...invalid.filter(({ filling }) => filling === undefined)]),
  }
}

function read<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(`${import.meta.dirname}/../../../../tooling/vectors/files/${file}`, "utf8"))
}

function bytesOf({ hex }: Message): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"))
}
