import { type Board, lines, query } from "./model";

export const DELIVERY: Board = {
    uid: "sparc-delivery",
    title: "Mesh: rollouts",
    rows: [
        {
            title: "Flagger",
            panels: [
                lines(
                    "State: 0 under way, 2 failed, 1 otherwise",
                    "short",
                    query("max by (name) (flagger_canary_status)", "{{name}}"),
                ),
                lines(
                    "Share of the new version",
                    "percent",
                    query(
                        'max by (workload) (flagger_canary_weight{workload!~".+-primary"})',
                        "{{workload}}",
                    ),
                ),
            ],
        },
    ],
};
