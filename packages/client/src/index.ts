export type { DuplexState, Gap, GapReason, Notice } from "@luxbus/dual-stream"
export type { JsonObject, JsonValue, Outcome, OutcomeStatus } from "@luxbus/packet"
export { type AcceptOptions, Acceptor } from "./acceptor.ts"
export { AttachedStream, type Opened } from "./attached.ts"
export {
  type AttachOptions,
  Bus,
  type BusComponents,
  type BusOptions,
  type BusStatus,
  type HostedSummary,
  type OpenOptions,
  RESUME_WINDOW_MS,
  type SubscribeOptions,
} from "./bus.ts"
export { BusStream, type Direction, type Failure } from "./bus-stream.ts"
export { type ConnectOptions, connect } from "./connect.ts"
export { Lane } from "./lane.ts"
export type { NoticeListener } from "./notices.ts"
export type { Payload } from "./payload.ts"
export { ReadableLane } from "./readable-lane.ts"
export { platformSha256 } from "./sha256.ts"
export { type BusEvent, Subscription } from "./subscription.ts"
export { WritableLane } from "./writable-lane.ts"
