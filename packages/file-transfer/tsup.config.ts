import { preset } from "@luxbus/build-preset"

export default preset()
