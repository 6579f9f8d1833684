import { type Fields, FrameType, HopFlag, Lane, laneName, type MessageReader, StreamKind } from "@luxbus/packet"

const KINDS = Object.fromEntries(Object.entries(StreamKind).map(([name, kind]) => [kind, name]))

/** A frame in a few words. `nameOf` knows what an alias stands for. */
export function describeFrame(frame: MessageReader, nameOf: (alias: number) => string | undefined): string {
  if (!frame.compact) return describeFull(frame)
  const name = frame.alias === 0 ? "connection" : (nameOf(frame.alias) ?? `alias ${frame.alias.toString(16)}`)
  if (frame.lane === Lane.control) return `${name} ${describeFields(frame.fields())}`
  const what = frame.type === FrameType.end ? "END" : `${frame.dataBytes} bytes`
  const again = (frame.hop & HopFlag.retransmit) === 0 ? "" : ", again"
  return `${name} ${laneName(frame.lane)} ${frame.number} (${what}${again})`
}

function describeFull(frame: MessageReader): string {
  const { kind, name, alias, headers: _headers, seq: _seq, ...rest } = frame.fields()
  if (frame.type !== FrameType.start) return `ERROR ${describeFields(frame.fields())}`
  return `START ${KINDS[kind ?? 0] ?? "?"} ${name} as ${alias?.toString(16)} ${describeFields(rest)}`
}

function describeFields(fields: Fields): string {
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined && !(value instanceof Uint8Array))
    .map(([name, value]) => `${name} ${name === "lane" ? laneName(value as Lane) : JSON.stringify(value)}`)
  return words.join(", ")
}
