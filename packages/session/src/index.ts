export {
  Attachment,
  type AttachmentEvents,
  type AttachmentKind,
  type AttachmentOptions,
} from "./attachment.ts"
export { BrokerMultiplexer, type Pace } from "./broker-multiplexer.ts"
export { ClientSession } from "./client-session.ts"
export type {
  ClientSessionComponents,
  ClientSessionEvents,
  ClientSessionOptions,
  SessionStatus,
} from "./client-session-contract.ts"
export { ClientStreams } from "./client-streams.ts"
export { type Cursor, formatCursor, formatIncarnation, parseCursor } from "./cursor.ts"
export { NO_DRAIN_MS } from "./drain-watch.ts"
export {
  HANDSHAKE_TIMEOUT_MS,
  type HandshakeLimits,
  type Hello,
  parseHello,
  parseWelcome,
  VERSIONS,
  type Welcome,
} from "./handshake.ts"
export { DEFAULT_HEARTBEAT, type HeartbeatOptions } from "./heartbeat.ts"
export { RANGES_FEATURE } from "./json/full-dialect.ts"
export { JsonConnection, type JsonConnectionComponents } from "./json/json-connection.ts"
export { PLAIN_STREAMS } from "./json/plain-dialect.ts"
export { SharedTexts } from "./json/shared-texts.ts"
export { type ChannelMember, type MemberChange, MemberView } from "./member-view.ts"
export { Multiplexer, type MultiplexerComponents, type MultiplexerHandler } from "./multiplexer.ts"
export { type IncomingStart, PeerReaders } from "./peer-readers.ts"
export { PUBLISH_QUEUE_BYTES, Publisher } from "./publisher.ts"
export { ReceiptPublisher } from "./receipt-publisher.ts"
export type { Receipt } from "./receipt-stream.ts"
export {
  RECONNECT_FIRST_MS,
  RECONNECT_LATE_MS,
  RECONNECT_PATIENCE_MS,
  RECONNECT_SOON_MS,
  Reconnect,
} from "./reconnect.ts"
export {
  ClientRegistration,
  type RegistrationEvents,
  type RegistrationOptions,
  Registrations,
} from "./registrations.ts"
export { SeqSource } from "./seq-source.ts"
export {
  ServerSession,
  type ServerSessionComponents,
  type ServerSessionHandler,
  type ServerSessionOptions,
} from "./server-session.ts"
export { sessionIdOf } from "./session-id.ts"
export type { SessionPart } from "./session-part.ts"
export { newSecret } from "./session-secret.ts"
export { TokenRefresh, type TokenRefreshOptions } from "./token-refresh.ts"
