import type { AliasTable } from "./alias-table.ts"
import { BusError } from "./errors.ts"
import { type Fields, type PacketKind, StreamKind } from "./field-table.ts"
import { FIELD_VALUES } from "./fields.ts"
import { FrameType } from "./flags.ts"
import { flagsOf } from "./flags-of.ts"
import { bindingOf, type Named } from "./frame-to-packet.ts"
import type { FullHeader } from "./full-header.ts"
import { NIL_ID } from "./full-header.ts"
import { idOfName, idOfUuid } from "./ids.ts"
import { type DataLane, laneOf } from "./lanes.ts"
import type { MessageWriter } from "./message-writer.ts"
import { DISPATCHER } from "./names.ts"
import type { Packet } from "./packet.ts"
import { codecFromJson, dataFromJson } from "./packet-data.ts"
import { fieldsFromJson } from "./packet-fields.ts"
import { flagsFromJson, hopFromJson } from "./packet-flags.ts"

/** Appends a packet as one frame, and learns from it when it is a START. */
export function packetToFrame(packet: Packet, writer: MessageWriter, table: AliasTable, named: Named): void {
  if (packet.frame === "start") writeStart(packet, writer, table)
  else if (packet.frame === "error") writeError(packet, writer)
  else if (packet.chunk !== undefined) writeData(packet, packet.chunk, writer, table, named)
  else if (packet.uid === "" && packet.alias === undefined) writeConnection(packet, fieldsFromJson(packet), writer)
  else if (isPlainCommand(packet)) writePlainCommand(packet, writer)
  else writeControl(packet, writer, table)
}

function writeStart(packet: Packet, writer: MessageWriter, table: AliasTable): void {
  const named = packet.uid !== "" && packet.request_id !== packet.uid
  const fields: Fields = {
    ...fieldsFromJson(packet),
    ...typeFromJson(packet),
    name: named ? packet.uid : undefined,
    alias: packet.alias,
    to: packet.to ?? undefined,
    from: packet.from,
  }
  const header = { ...headerFromJson(packet), messageId: packet.message_id ?? 0 }
  writer.start({ ...header, flags: allFlags(packet), hop: hopFromJson(packet) }, fields)
  const binding = bindingOf(fields, packet.uid, header.epoch)
  if (binding !== undefined) table.bind(binding)
}

function typeFromJson(packet: Packet): Fields {
  const byKind = packet.kind === FIELD_VALUES.kind[StreamKind.publish - 1] ? "event" : "stream"
  if (packet.type === byKind) return {}
  return { type: (FIELD_VALUES.type.indexOf(packet.type) + 1) as PacketKind }
}

function writeError(packet: Packet, writer: MessageWriter): void {
  const header = { ...headerFromJson(packet), messageId: packet.message_id ?? 0 }
  const fields = { ...fieldsFromJson(packet), alias: packet.alias }
  writer.full(FrameType.error, { ...header, flags: allFlags(packet), hop: hopFromJson(packet) }, fields)
}

function writeData(packet: Packet, number: number, writer: MessageWriter, table: AliasTable, named: Named): void {
  const { data, codec } = dataFromJson(packet)
  const flags = flagsFromJson(packet) | flagsOf(codec, false)
  const hop = hopFromJson(packet)
  const lane = laneOf(packet.lane ?? "main")
  const end = packet.is_final === true
  if (end && packet.of !== undefined && packet.of !== number + 1) throw protocol("a lane's END is chunk `of` - 1", "of")
  const shared = { ...fieldsFromJson(packet), of: end ? undefined : packet.of }
  if (packet.frame === "full") {
    writeFull(
      packet,
      number,
      { flags, hop, lane },
      data,
      { ...shared, origin: packet.origin, subject: packet.subject },
      writer,
    )
    return
  }
  const alias = aliasOf(packet, table)
  const { origins, subjects } = named
  const origin = originOf(packet, alias, table, origins)
  const fields = { ...shared, origin, subject: subjectOf(packet, alias, table, subjects) }
  if (end) writer.end(alias, lane, flags, hop, number, data, fields)
  else writer.chunk(alias, lane, flags, hop, number, data, fields)
}

function writeFull(
  packet: Packet,
  number: number,
  form: { readonly flags: number; readonly hop: number; readonly lane: DataLane },
  data: Uint8Array,
  fields: Fields,
  writer: MessageWriter,
): void {
  const header = headerFromJson(packet)
  const messageId = number - header.chunkIndex
  if (messageId < 0) throw protocol("a chunk's index is at most its number", "chunk_index")
  const type = packet.is_final === true ? FrameType.end : FrameType.chunk
  writer.full(type, { ...header, ...form, messageId }, fields, data)
}

/** The publisher is stated when it is not the one whom the reader takes it for. */
function originOf(packet: Packet, alias: number, table: AliasTable, origins: Named["origins"]): string | undefined {
  const known = origins.get(alias) ?? table.resolve(alias)?.from
  const origin = packet.origin ?? (packet.from === known ? undefined : packet.from)
  if (origin !== undefined) origins.set(alias, origin)
  return origin
}

/** The subject is stated when it is not the one that the reader takes it for. An empty `uid` names none. */
function subjectOf(packet: Packet, alias: number, table: AliasTable, subjects: Named["subjects"]): string | undefined {
  const known = subjects.get(alias) ?? table.resolve(alias)?.binding.uid
  const named = packet.uid === "" || packet.uid === known ? undefined : packet.uid
  const subject = packet.subject ?? named
  if (subject !== undefined) subjects.set(alias, subject)
  return subject
}

function writeControl(packet: Packet, writer: MessageWriter, table: AliasTable): void {
  assertNoData(packet)
  const fields: Fields = {
    ...fieldsFromJson(packet),
    lane: packet.lane === undefined ? undefined : laneOf(packet.lane),
    complete: packet.status === "complete" ? true : undefined,
    epoch: packet.epoch,
  }
  writer.control(aliasOf(packet, table), hopFromJson(packet), fields)
}

function writeConnection(packet: Packet, fields: Fields, writer: MessageWriter): void {
  assertNoData(packet)
  const lane = packet.lane === undefined ? undefined : laneOf(packet.lane)
  writer.control(0, hopFromJson(packet), { ...fields, lane })
}

/** The seed's form of a command to the dispatcher: the operation in `data`, its subject in `uid`. */
function isPlainCommand(packet: Packet): boolean {
  return packet.type === "command" && packet.to === DISPATCHER && packet.data !== undefined
}

function writePlainCommand(packet: Packet, writer: MessageWriter): void {
  if (typeof packet.data !== "string")
    throw protocol("a command to the dispatcher names its operation in `data`", "data")
  const command = { op: packet.data, subject: packet.uid }
  writer.control(0, hopFromJson(packet), { ...fieldsFromJson(packet), command })
}

function assertNoData(packet: Packet): void {
  if (packet.data !== undefined) throw protocol("a packet with data has a chunk number", "chunk")
}

function aliasOf(packet: Packet, table: AliasTable): number {
  const alias = packet.alias ?? table.find(packet)
  if (alias === undefined) throw new BusError("unknown_stream", "no START has named this stream on this connection")
  if (alias === 0) throw protocol("alias 0 is the connection", "alias")
  return alias
}

function headerFromJson(packet: Packet): Omit<FullHeader, "messageId" | "hop"> {
  return {
    requestId: idFromJson(packet.request_id, packet.uid === "" ? undefined : packet.uid),
    clientId: idFromJson(packet.client_id, packet.from),
    peerId: idFromJson(packet.peer_id, packet.to ?? undefined),
    deadlineMs: packet.deadline_ms ?? 0,
    totalSize: packet.total_size,
    chunkIndex: packet.chunk_index ?? 0,
    totalChunks: packet.total_chunks ?? 0,
    epoch: packet.epoch ?? 0,
  }
}

function idFromJson(id: string | undefined, name: string | undefined): Uint8Array {
  if (id !== undefined) return idOfUuid(id)
  return name === undefined ? NIL_ID : idOfName(name)
}

function allFlags(packet: Packet): number {
  return flagsFromJson(packet) | flagsOf(codecFromJson(packet.codec ?? "bytes"), false)
}

function protocol(message: string, field: keyof Packet): BusError {
  return new BusError("protocol", message, { details: { field } })
}
