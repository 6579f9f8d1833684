export { type ErrorCode, isErrorCode } from "./error-codes.ts"
export { ERROR_TABLE, type ErrorRow } from "./error-table.ts"
export { BusError, type BusErrorOptions, type ErrorJson } from "./errors.ts"
export {
  FIELDS,
  type FieldName,
  type FieldPlace,
  type FieldRow,
  type Fields,
  type FieldType,
  type FieldValue,
  PacketKind,
  StreamKind,
} from "./field-table.ts"
export { ChunkFlag, Codec, codecOf, FrameType, flagsOf, HopFlag, URGENCY_MASK, Urgency } from "./flags.ts"
export {
  AliasBit,
  COMPACT_HEADER_BYTES,
  compactDataBytes,
  compactFrameBytes,
  FULL_HEADER_BYTES,
  setFrameAlias,
  setFrameHop,
  setFrameNumber,
} from "./frame-layout.ts"
export { FRAMING_FAULTS, type FramingFault } from "./framing-fault.ts"
export type { FullHeader } from "./full-header.ts"
export {
  assertName,
  DISPATCHER,
  idOfName,
  idOfUuid,
  idToString,
  isName,
  isNilId,
  NAME_NAMESPACE,
  NIL_ID,
  newUuid,
  type UuidSource,
} from "./ids.ts"
export type { JsonObject, JsonValue } from "./json.ts"
export { isJsonObject } from "./json.ts"
export { type DataLane, Lane, type LaneName, laneName, laneOf } from "./lanes.ts"
export { type LegacyHeader, readLegacyHeader } from "./legacy-header.ts"
export { chunkCost, LIMITS, MAX_NUMBER } from "./limits.ts"
export { MessageReader, type MessageReaderOptions } from "./message-reader.ts"
export { type DataHeader, type FrameHeader, MessageWriter } from "./message-writer.ts"
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
export { formatPackets, parsePackets } from "./packet-text.ts"
export { foldRanges, isRangeList, type JsonRanges, type Range, type RangeList, rangesToJson } from "./ranges.ts"
export { assertPattern, assertSubject, matchSubject } from "./subjects.ts"
