import type { Catalogue } from "../../../catalogue/model";
import { CIRCUIT_BREAKING, CERTIFICATES, CONTROL_PLANE, EGRESS, ROLLOUTS, SATURATION } from "./mesh";
import type { RuleGroup } from "./model";
import { requestAlerts, requestRecordings } from "./requests";

/** All recording rules and alerts. */
export function ruleGroups(catalogue: Catalogue): readonly RuleGroup[] {
    return [
        requestRecordings(),
        requestAlerts(catalogue),
        CIRCUIT_BREAKING,
        CERTIFICATES,
        SATURATION,
        CONTROL_PLANE,
        EGRESS,
        ROLLOUTS,
    ];
}
