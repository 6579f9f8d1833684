import type { AliasTable, Binding } from "./alias-table.ts"
import { sameBytes } from "./bytes.ts"
import { type Fields, PacketKind, StreamKind } from "./field-table.ts"
import { FIELD_VALUES } from "./fields.ts"
import { FrameType } from "./flags.ts"
import { AliasBit } from "./frame-layout.ts"
import type { FullHeader } from "./full-header.ts"
import { idOfName, idToString, isNilId } from "./ids.ts"
import { Lane, laneName } from "./lanes.ts"
import { MAX_NUMBER } from "./limits.ts"
import type { MessageReader } from "./message-reader.ts"
import { isName } from "./names.ts"
import type { Packet, PacketStatus, PacketType } from "./packet.ts"
import { codecToJson, dataToJson } from "./packet-data.ts"
import { fieldsToJson } from "./packet-fields.ts"
import { flagsToJson } from "./packet-flags.ts"

/**
 * Which packets of compact frames bear their alias: those whose names do not lead to it (`needed`), those about a
 * stream of the other side too (`theirs`), as they may cross a START of the same name, or all.
 */
export type AliasUse = "needed" | "theirs" | "all"

/** Publishers and subjects by alias, as the frames of one message have named them so far. */
export interface Named {
  readonly origins: Map<number, string>
  readonly subjects: Map<number, string>
}

/** Nothing was named: a message begins. */
export function nobodyNamed(): Named {
  return { origins: new Map(), subjects: new Map() }
}

/**
 * Writes the reader's current frame as a packet, and learns from it when it is a START.
 */
export function frameToPacket(reader: MessageReader, table: AliasTable, named: Named, aliases: AliasUse): Packet {
  if (reader.type === FrameType.start) return startToPacket(reader, table)
  if (reader.type === FrameType.error) return errorToPacket(reader, table)
  if (reader.lane === Lane.control && reader.alias === 0) return connectionToPacket(reader)
  const isData = reader.lane !== Lane.control
  const packet = isData ? dataToPacket(reader, table, named) : controlToPacket(reader, table)
  if (!reader.compact) return packet
  const isStated = aliases === "all" || (aliases === "theirs" && reader.alias >= AliasBit.receiver)
  // It goes without saying where the packet's names lead to it again.
  const isImplied = !isStated && packet.uid !== "" && table.find(packet) === reader.alias
  return isImplied ? packet : { ...packet, alias: reader.alias }
}

/** The type of a START's packets. */
function packetTypeOf(fields: Fields): PacketType {
  const byKind = fields.kind === StreamKind.publish ? PacketKind.event : PacketKind.stream
  return FIELD_VALUES.type[(fields.type ?? byKind) - 1]!
}

/** What a START binds. */
export function bindingOf(fields: Fields, uid: string, epoch: number): Binding | undefined {
  if (fields.alias === undefined) return undefined
  return { alias: fields.alias, uid, from: fields.from, to: fields.to, epoch, type: packetTypeOf(fields) }
}

/** The uid of a START without a name: its id, where that could be a name. */
function uidOfId(requestId: Uint8Array): string {
  const uid = idToString(requestId)
  return isName(uid) ? uid : ""
}

function startToPacket(reader: MessageReader, table: AliasTable): Packet {
  const header = reader.full()
  const fields = reader.fields()
  const uid = fields.name ?? uidOfId(header.requestId)
  const binding = bindingOf(fields, uid, header.epoch)
  if (binding !== undefined) table.bind(binding)
  return {
    uid,
    type: packetTypeOf(fields),
    frame: "start",
    ...(fields.from !== undefined && { from: fields.from }),
    ...(fields.to !== undefined && { to: fields.to }),
    ...idToJson("request_id", header.requestId, fields.name),
    ...idToJson("client_id", header.clientId, fields.from),
    ...idToJson("peer_id", header.peerId, fields.to),
    ...withoutData(reader, header, fields),
  }
}

function errorToPacket(reader: MessageReader, table: AliasTable): Packet {
  const header = reader.full()
  const fields = reader.fields()
  const uid = startedUid(header, fields, table) ?? uidOfId(header.requestId)
  return {
    uid,
    type: "stream",
    frame: "error",
    ...statedIds(header, uid),
    ...withoutData(reader, header, fields),
  }
}

/** The name that an ERROR's recipient gave to the stream in its START. */
function startedUid(header: FullHeader, fields: Fields, table: AliasTable): string | undefined {
  const spoken = fields.alias === undefined ? undefined : table.resolve((fields.alias | AliasBit.receiver) >>> 0)
  const uid = spoken?.binding.uid
  return uid !== undefined && isName(uid) && sameBytes(idOfName(uid), header.requestId) ? uid : undefined
}

/** What START and ERROR have in common: they carry fields only. */
function withoutData(reader: MessageReader, header: FullHeader, fields: Fields): Partial<Packet> {
  const codec = codecToJson(reader.flags)
  return {
    ...(fields.alias !== undefined && { alias: fields.alias }),
    ...headerToJson(header),
    ...(header.messageId !== 0 && { message_id: header.messageId }),
    ...(codec !== "bytes" && { codec }),
    ...frameToJson(reader, fields),
  }
}

function statedIds(header: FullHeader, uid: string): Partial<Packet> {
  return {
    ...idToJson("request_id", header.requestId, uid === "" ? undefined : uid),
    ...idToJson("client_id", header.clientId, undefined),
    ...idToJson("peer_id", header.peerId, undefined),
  }
}

function dataToPacket(reader: MessageReader, table: AliasTable, named: Named): Packet {
  const fields = reader.fields()
  return {
    ...(reader.compact ? aliasToJson(reader, table, named, fields) : fullToJson(reader, fields)),
    chunk: reader.number,
    is_final: reader.type === FrameType.end,
    ...(reader.lane === Lane.error && { lane: laneName(reader.lane) }),
    ...ofToJson(reader, fields),
    ...frameToJson(reader, fields),
    ...dataToJson(reader.data(), reader.flags),
  }
}

function aliasToJson(reader: MessageReader, table: AliasTable, named: Named, fields: Fields): Packet {
  const { origins, subjects } = named
  const spoken = table.resolve(reader.alias)
  const known = subjects.get(reader.alias) ?? spoken?.binding.uid ?? ""
  if (fields.subject !== undefined) subjects.set(reader.alias, fields.subject)
  const stated = origins.get(reader.alias) ?? spoken?.from
  const from = fields.origin ?? stated
  if (fields.origin !== undefined) origins.set(reader.alias, fields.origin)
  return {
    uid: fields.subject ?? known,
    type: spoken?.binding.type ?? "stream",
    ...(from !== undefined && { from }),
    ...(spoken?.to !== undefined && { to: spoken.to }),
    // It follows from `from`, unless the frame repeats what the reader knows.
    ...(fields.origin !== undefined && fields.origin === stated && { origin: fields.origin }),
    ...(fields.subject !== undefined && fields.subject === known && { subject: fields.subject }),
  }
}

function fullToJson(reader: MessageReader, fields: Fields): Packet {
  const header = reader.full()
  const uid = uidOfId(header.requestId)
  return {
    uid,
    type: "stream",
    frame: "full",
    ...statedIds(header, uid),
    ...headerToJson(header),
    ...(fields.origin !== undefined && { origin: fields.origin }),
    ...(fields.subject !== undefined && { subject: fields.subject }),
  }
}

function controlToPacket(reader: MessageReader, table: AliasTable): Packet {
  const fields = reader.fields()
  const spoken = table.resolve(reader.alias)
  const status = statusOf(fields)
  return {
    uid: spoken?.binding.uid ?? "",
    type: spoken?.binding.type ?? "stream",
    ...(spoken?.from !== undefined && { from: spoken.from }),
    ...(spoken?.to !== undefined && { to: spoken.to }),
    ...(status !== undefined && { status }),
    ...(fields.lane !== undefined && { lane: laneName(fields.lane) }),
    ...(fields.epoch !== undefined && { epoch: fields.epoch }),
    ...frameToJson(reader, fields),
  }
}

function connectionToPacket(reader: MessageReader): Packet {
  const fields = reader.fields()
  const { command, timestamp, ...others } = fields
  const plain = command !== undefined && Object.values(others).every((value) => value === undefined)
  const keys = command === undefined ? "" : Object.keys(command).join()
  const { op, subject }: { readonly op?: unknown; readonly subject?: unknown } = command ?? {}
  if (plain && reader.hop === 0 && keys === "op,subject" && typeof op === "string" && typeof subject === "string") {
    const time = timestamp === undefined ? {} : { timestamp }
    if (isName(subject)) return { uid: subject, type: "command", to: "dispatcher", data: op, ...time }
  }
  const lane = fields.lane === undefined ? {} : { lane: laneName(fields.lane) }
  return { uid: "", type: "command", ...lane, ...frameToJson(reader, fields) }
}

function frameToJson(reader: MessageReader, fields: Fields): Partial<Packet> {
  return { ...flagsToJson(reader.flags, reader.hop), ...fieldsToJson(fields) }
}

function ofToJson(reader: MessageReader, fields: Fields): Pick<Packet, "of"> {
  if (reader.type === FrameType.end) return reader.number < MAX_NUMBER ? { of: reader.number + 1 } : {}
  return fields.of === undefined ? {} : { of: fields.of }
}

function statusOf(fields: Fields): PacketStatus | undefined {
  if (fields.complete !== undefined) return "complete"
  if (fields.gap !== undefined) return "gap"
  if (fields.missing !== undefined) return "missing"
  return fields.ack !== undefined || fields.cum !== undefined ? "ack" : undefined
}

type IdField = "request_id" | "client_id" | "peer_id"

/** An id follows from the name, or without one is nil; otherwise it is stated. */
function idToJson(field: IdField, id: Uint8Array, name: string | undefined): Partial<Packet> {
  const follows = name === undefined ? isNilId(id) : sameBytes(id, idOfName(name))
  return follows ? {} : { [field]: idToString(id) }
}

function headerToJson(header: FullHeader): Partial<Packet> {
  return {
    ...(header.deadlineMs !== 0 && { deadline_ms: header.deadlineMs }),
    ...(header.totalSize !== undefined && { total_size: header.totalSize }),
    ...(header.chunkIndex !== 0 && { chunk_index: header.chunkIndex }),
    ...(header.totalChunks !== 0 && { total_chunks: header.totalChunks }),
    ...(header.epoch !== 0 && { epoch: header.epoch }),
  }
}
