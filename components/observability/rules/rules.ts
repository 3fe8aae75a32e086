import type { Catalogue } from "../../../catalogue/model";
import { BREAKERS, CERTIFICATES, CONTROL_PLANE, EGRESS, ROLLOUTS, SATURATION } from "./mesh";
import type { RuleGroup } from "./model";
import { requestAlerts, requestRecordings } from "./requests";

/** All that Prometheus judges, wherever it runs. */
export function ruleGroups(catalogue: Catalogue): readonly RuleGroup[] {
    return [
        requestRecordings(),
        requestAlerts(catalogue),
        BREAKERS,
        CERTIFICATES,
        SATURATION,
        CONTROL_PLANE,
        EGRESS,
        ROLLOUTS,
    ];
}
