import { preset } from "@luxbus/test-preset"

export default preset()
