export { BROKER_LIMITS } from "./broker-limits.ts"
export { fromHex, sameBytes, toHex } from "./bytes.ts"
export { ChannelRole } from "./channel-role.ts"
export { ControlWriter } from "./control-writer.ts"
export { coversPattern } from "./covers-pattern.ts"
export { type ErrorCode, isErrorCode } from "./error-codes.ts"
export { ERROR_TABLE, type ErrorRow } from "./error-table.ts"
export { BusError, type BusErrorOptions, type ErrorJson } from "./errors.ts"
export {
  type FieldName,
  type FieldPlace,
  type Fields,
  type FieldType,
  type FieldValue,
  PacketKind,
  StreamKind,
} from "./field-table.ts"
export { FIELDS, type FieldRow } from "./fields.ts"
export {
  ChunkFlag,
  Codec,
  codecOf,
  FrameType,
  HopFlag,
  URGENCY_MASK,
  Urgency,
  type UrgencyName,
} from "./flags.ts"
export { flagsOf } from "./flags-of.ts"
export {
  AliasBit,
  COMPACT_HEADER_BYTES,
  compactDataBytes,
  compactFrameBytes,
  compactFrameNumber,
  FULL_HEADER_BYTES,
  setFrameAlias,
  setFrameHop,
  setFrameNumber,
} from "./frame-layout.ts"
export type { AliasUse } from "./frame-to-packet.ts"
export { FRAMING_FAULTS, type FramingFault } from "./framing-fault.ts"
export { type FullHeader, NIL_ID } from "./full-header.ts"
export { idOfName, idOfUuid, idToString, isNilId, NAME_NAMESPACE, newUuid, type UuidSource } from "./ids.ts"
export type { JsonObject, JsonValue } from "./json.ts"
export { isJsonObject } from "./json.ts"
export { type DataLane, Lane, type LaneName, laneName, laneOf } from "./lanes.ts"
export { type LegacyHeader, readLegacyHeader } from "./legacy-header.ts"
export { chunkCost, LIMITS, MAX_NUMBER } from "./limits.ts"
export { MAILBOX_GROUP, mailboxSubject, recipientOf } from "./mailbox-subject.ts"
export { matchSubject } from "./match-subject.ts"
export { MessageReader, type MessageReaderOptions } from "./message-reader.ts"
export { type FrameHeader, MessageWriter } from "./message-writer.ts"
export { assertName, DISPATCHER, isName } from "./names.ts"
export { type Outcome, type OutcomeStatus, parseOutcome } from "./outcome.ts"
export type {
  ChunkFields,
  ConnectionFields,
  ControlFields,
  FullFields,
  Packet,
  PacketEncoding,
  PacketFlag,
  PacketStatus,
  PacketType,
  SeedPacket,
  StartFields,
} from "./packet.ts"
export { packetDataBytes } from "./packet-data.ts"
export { PacketFramer } from "./packet-framer.ts"
export {
  ackPacket,
  type ChunkContent,
  chunkPacket,
  commandPacket,
  completePacket,
  connectionPacket,
  controlPacket,
  type Envelope,
  endPacket,
  errorPacket,
  eventPacket,
  gapPacket,
  missingPacket,
  startPacket,
} from "./packet-kinds.ts"
export { formatMessages, formatPackets, parsePackets } from "./packet-text.ts"
export { foldRanges, isRangeList, type JsonRanges, type Range, type RangeList, rangesToJson } from "./ranges.ts"
export { assertPattern, assertSubject } from "./subjects.ts"
export { decodeUtf8, encodeUtf8, utf8Bytes } from "./text.ts"
export { WRITER_LIMITS } from "./writer-limits.ts"
