import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived } from "../base/manifest";
import type { Platform } from "../base/platform";
import { observabilityFlows } from "./flows";
import { prometheusChart } from "./chart";
import { collector } from "./collector";
import { jaeger } from "./jaeger";
import { prometheus } from "./prometheus";
import { ruleGroups } from "./rules/rules";
import { unknownCase } from "../../catalogue/never";

function deriveObservability(platform: Platform): Derived {
    const { releases, objects } = prometheusOf(platform);
    return {
        releases: [...releases, ...jaeger(platform.config)],
        objects: [...objects, ...collector(platform.config)],
    };
}

function prometheusOf({ catalogue, config }: Platform): Derived {
    const rules = ruleGroups(catalogue);
    const { prometheus: from } = config.observability;
    switch (from.from) {
        case "none":
            return { releases: [], objects: [] };
        case "image":
            return { releases: [], objects: prometheus(from, config, rules) };
        case "chart":
            return prometheusChart(from, config, rules);
        default:
            return unknownCase(from);
    }
}

export const observability: Concern = {
    name: "observability",
    derive: deriveObservability,
    flows: observabilityFlows,
};

/** Collection and storage of the mesh's metrics and traces. */
export class Observability extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(observability, platform, options);
    }
}
