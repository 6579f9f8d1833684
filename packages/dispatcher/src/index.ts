export { type Action, type Authorized, authorize, type Permits } from "./authorize.ts"
export {
  assertBackplaneAddress,
  assertBackplaneMessage,
  type Backplane,
  MAX_BACKPLANE_ADDRESS_BYTES,
  MAX_BACKPLANE_MESSAGE_BYTES,
} from "./cluster/backplane.ts"
export { MemoryBackplane } from "./cluster/memory-backplane.ts"
export type { ClientIdentity, ConnectedClient } from "./connected-client.ts"
export { Dispatcher, type DispatcherComponents, type DispatcherUsage } from "./dispatcher.ts"
export type { DispatcherEvents, StreamRef } from "./events.ts"
export type { DispatcherOptions } from "./options.ts"
export type { HostedSummary } from "./summary.ts"
export type { HistoryOptions, TopicPolicy } from "./topic-policy.ts"
