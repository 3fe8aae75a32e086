import { type Board, lines, query, table } from "./model";

export const DELIVERY: Board = {
    uid: "sparc-delivery",
    title: "Mesh: rollouts",
    rows: [
        {
            title: "Flagger",
            panels: [
                lines(
                    "State: 0 under way, 1 done, 2 failed",
                    "short",
                    query("max by (name) (flagger_canary_status)", "{{name}}"),
                ),
                lines(
                    "Share of the new version",
                    "percent",
                    query("max by (workload) (flagger_canary_weight)", "{{workload}}"),
                ),
                table("Last rollout took", "s", "max by (name) (flagger_canary_duration_seconds_sum)"),
            ],
        },
    ],
};
