import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { prometheus } from "./prometheus";

export const observability: Concern = {
    name: "observability",
    derive: ({ config }) => {
        const { prometheus: from } = config.observability;
        return { releases: [], objects: from.from === "image" ? prometheus(from, config) : [] };
    },
};

/** Who reads and keeps what the mesh tells of itself. */
export class Observability extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(observability, platform, options);
    }
}
