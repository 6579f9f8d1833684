import { AliasBit, Codec, codecOf, idToString, isNilId, type MessageReader } from "@luxbus/packet"
import { dataRow, fieldRows, flagNames, isControl, isData, laneText, typeText } from "./frame-parts.ts"
import type { Row } from "./rows.ts"

/** Data beyond this many bytes is counted, not shown. */
const SHOWN_BYTES = 512

const CODECS = Object.keys(Codec)

/** The reader's current frame, row by row: its header, then fields by name, then data. */
export function frameRows(reader: MessageReader): readonly Row[] {
  return [
    ["offset", `${reader.frameStart}, ${reader.frameEnd - reader.frameStart} bytes`],
    ["type", `${reader.compact ? "compact" : "full"} ${typeText(reader)}`],
    ["lane", laneText(reader)],
    ["flags", flagNames(reader).join(", ") || "none"],
    ...(reader.compact ? [["alias", aliasText(reader.alias)] as const] : idRows(reader)),
    ...(isControl(reader) ? [] : [["number", String(reader.number)] as const]),
    ...fieldRows(reader),
    ...(isData(reader) ? dataRows(reader) : []),
  ]
}

/** An alias without its bits, and whose it is. */
function aliasText(alias: number): string {
  if (alias === 0) return "0, the connection"
  const number = alias & ~(AliasBit.receiver | AliasBit.broker)
  const owners = [
    ...((alias & AliasBit.broker) === 0 ? [] : ["broker-wide"]),
    ...((alias & AliasBit.receiver) === 0 ? [] : ["the receiver's"]),
  ]
  return [number, ...owners].join(", ")
}

function idRows(reader: MessageReader): readonly Row[] {
  const { requestId, clientId, peerId, ...header } = reader.full()
  const id = (name: string, value: Uint8Array): readonly Row[] => (isNilId(value) ? [] : [[name, idToString(value)]])
  const number = (name: string, value: number | undefined): readonly Row[] => (value ? [[name, String(value)]] : [])
  return [
    ...id("request id", requestId),
    ...id("client id", clientId),
    ...id("peer id", peerId),
    ...number("deadline", header.deadlineMs).map(([name, ms]): Row => [name, `${ms} ms`]),
    ...number("total size", header.totalSize),
    ...number("chunk index", header.chunkIndex),
    ...number("total chunks", header.totalChunks),
    ...number("epoch", header.epoch),
  ]
}

function dataRows(reader: MessageReader): readonly Row[] {
  const bytes = reader.data().length
  const codec: Row = ["codec", CODECS[codecOf(reader.flags)] ?? ""]
  if (bytes === 0) return [codec, ["data", "none"]]
  return [codec, ["data", `${bytes} bytes`], dataRow(reader, SHOWN_BYTES)]
}
