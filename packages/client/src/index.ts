export type { DuplexState, Gap, GapReason, Notice } from "@luxbus/dual-stream"
export type { JsonObject, JsonValue, Outcome, OutcomeStatus } from "@luxbus/packet"
export type { ChannelMember, MemberChange } from "@luxbus/session"
export type { AcceptOptions, Acceptor } from "./acceptor.ts"
export type { AttachedStream, Opened } from "./attached.ts"
export {
  type AttachOptions,
  Bus,
  type BusComponents,
  type BusOptions,
  type BusStatus,
  type HostedSummary,
  type MailboxOptions,
  type SubscribeOptions,
} from "./bus.ts"
export type { BusStream, Direction, Failure } from "./bus-stream.ts"
export type { OpenRequestOptions, Reply, RequestOptions } from "./channels/ask.ts"
export type { Channel } from "./channels/channel.ts"
export type { ChannelOptions } from "./channels/channels.ts"
export type { Replies, RepliesEnd, ReplyFailure, RequestManyOptions } from "./channels/replies.ts"
export type { ChannelRequest } from "./channels/request.ts"
export type { RequestContext, RequestHandler, ServeOptions, Service } from "./channels/service.ts"
export { type ConnectOptions, connect } from "./connect.ts"
export type { ExchangeEvent } from "./exchange/exchange-event.ts"
export type { ExchangeGuest, JoinOptions } from "./exchange/exchange-guest.ts"
export type { ExchangeHost, HostOptions } from "./exchange/exchange-host.ts"
export type { Lane } from "./lane.ts"
export type { NoticeListener } from "./notices.ts"
export type { OpenOptions } from "./open-options.ts"
export type { Payload } from "./payload.ts"
export type { PublishOptions } from "./publish-options.ts"
export type { ReadableLane } from "./readable-lane.ts"
export type { PublishReceipt, SendReceipt } from "./receipts/receipts.ts"
export { RESUME_WINDOW_MS } from "./resume-window.ts"
export { platformSha256 } from "./sha256.ts"
export type { BusEvent, Subscription } from "./subscription.ts"
export type { WritableLane } from "./writable-lane.ts"
