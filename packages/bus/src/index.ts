export { type BusHub, type CreateBusOptions, createBus } from "./create-bus.ts"
