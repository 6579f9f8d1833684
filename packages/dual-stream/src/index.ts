export { ACK_INTERVAL_MS } from "./acknowledger.ts"
export { answerFinished } from "./answer-finished.ts"
export type { BrokerCarrier, Carrier, ControlOutput, FrameOutput, StartHeader, StreamEnd } from "./carrier.ts"
export { Duplex, type DuplexState } from "./duplex.ts"
export { freeAddress } from "./free-address.ts"
export { fromHost, fromPattern } from "./from-host.ts"
export { fromLivePeer, fromPeer } from "./from-peer.ts"
export type { CreateHash, Hash } from "./hash.ts"
export type { Chunk, LaneEnd, LaneItem } from "./lane-item.ts"
export type { Gap, GapReason, Notice } from "./notice.ts"
export { StreamReader } from "./reader.ts"
export type { ReaderComponents, ReaderEvents, ReaderOptions } from "./reader-contract.ts"
export type { LaneHoles, LaneOrder, ReaderSource } from "./reader-source.ts"
export type { ReceiveLane } from "./receive-lane.ts"
export { REPEAT_FIRST_MS, REPEAT_MAX_MS, RepeatTimer } from "./repeat-timer.ts"
export { ResumeWindow } from "./resume-window.ts"
export { type LaneBudget, SendBudget } from "./send-budget.ts"
export { type LaneStatement, maxChunkBytes } from "./send-lane.ts"
export { startIds } from "./start-fields.ts"
export { ABANDONED } from "./stop-request.ts"
export { StreamWriter } from "./writer.ts"
export {
  LIVE_MEMORY_BYTES,
  type WriterComponents,
  type WriterEvents,
  type WriterOptions,
  type WriterState,
} from "./writer-contract.ts"
