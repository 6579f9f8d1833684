export { CloseCode, checkCloseCode, MAX_CLOSE_REASON_BYTES, truncateCloseReason } from "./close-code.ts"
export type {
  AbortSignalLike,
  Accept,
  CloseInfo,
  Connection,
  ConnectionHandler,
  ConnectionRequest,
  Dial,
  Listener,
  Message,
} from "./connection.ts"
export { HIGH_WATER, LOW_WATER } from "./connection.ts"
export type { DeliveryOptions } from "./delivery.ts"
export { Delivery, INTERNAL_REASON } from "./delivery.ts"
export type { MemoryListener, MemoryListenerOptions } from "./memory-listener.ts"
export { memoryListener } from "./memory-listener.ts"
export type { CutOptions, MemoryLinkOptions, MemoryPair } from "./memory-pair.ts"
export { memoryPair } from "./memory-pair.ts"
export { checkMessageSize, messageBytes } from "./message.ts"
