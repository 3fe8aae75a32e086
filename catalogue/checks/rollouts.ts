/** Rollout policies of services. */

import type { Catalogue, Service } from "../model";
import { sortedEntries } from "../order";
import { type RolloutTarget, type RolloutPolicy, rolloutOf } from "../rollout";
import { offers } from "../query";
import { isPath, requestLine } from "../requests";
import { didYouMean, list, type Problem, repeated } from "./problem";
import { unknownCase } from "../never";

/** Rollouts without a suitable port, invalid step weights, mirroring, load and KPIs. */
export function checkRollouts(catalogue: Catalogue): Problem[] {
    return sortedEntries<Service>(catalogue.services).flatMap(([name, service]) => {
        const { rollout } = service;
        if (rollout === undefined) return [];
        const where = `${name}.rollout`;
        const rolledOut = rolloutOf(service);
        return [
            ...(rolledOut === undefined
                ? noPort(where, name, service, rollout)
                : [...strategy(where, rolledOut), ...load(`${where}.load`, name, rolledOut)]),
            ...repeatedKpis(where, rollout),
        ];
    });
}

function noPort(where: string, name: string, { ports }: Service, { port }: RolloutPolicy): Problem[] {
    const known = sortedEntries(ports).flatMap(([name, { protocol }]) => (protocol === "tcp" ? [] : [name]));
    if (known.length === 0) {
        const what =
            Object.keys(ports).length === 0
                ? "no ports, and Flagger rolls out only services that receive requests"
                : "only TCP ports, whose traffic the mesh cannot split by request";
        return [
            {
                rule: "rollout-unreadable",
                where,
                message: `${name} has ${what}`,
                remedy: "Remove its rollout.",
            },
        ];
    }
    return [
        {
            rule: "rollout-port",
            where: `${where}.port`,
            message: `${name} has no HTTP, gRPC or WebSocket port ${port ?? ""}`,
            remedy: didYouMean(port ?? "", known, `It has ${list(known)}.`),
        },
    ];
}

function strategy(where: string, { rollout, port, portName }: RolloutTarget): Problem[] {
    switch (rollout.strategy) {
        case "progressive": {
            const { stepWeights = [] } = rollout;
            const ascending = stepWeights.every(
                (weight, position) => weight > (stepWeights[position - 1] ?? 0),
            );
            if (ascending) return [];
            return [
                {
                    rule: "rollout-steps",
                    where: `${where}.stepWeights`,
                    message: `the step weights ${list(stepWeights.map(String))} are not in ascending order`,
                    remedy: "List whole percentages from 1 to 99 in ascending order: [5, 10, 25, 50].",
                },
            ];
        }
        case "blue-green":
            return mirrored(where, rollout, portName, port.protocol === "ws");
        case "ab-test":
            return [];
        default:
            return unknownCase(rollout);
    }
}

/** A blue/green release is analyzed before the switch, on mirrored requests. */
function mirrored(
    where: string,
    { mirror, kpis = [] }: Extract<RolloutPolicy, { strategy: "blue-green" }>,
    portName: string,
    isWebSocket: boolean,
): Problem[] {
    const problem = (field: string, message: string, remedy: string): Problem => ({
        rule: "rollout-mirror",
        where: `${where}.${field}`,
        message,
        remedy,
    });
    if (isWebSocket) {
        return [
            problem(
                "strategy",
                `the port ${portName} is a WebSocket port, whose connections cannot be mirrored`,
                'Use the strategy "progressive".',
            ),
        ];
    }
    return [
        ...(mirror === true
            ? []
            : [
                  problem(
                      "mirror",
                      "without mirroring, the new version gets no requests before the switch, so there are no metrics to analyze",
                      'Set mirror: true, or use the strategy "progressive".',
                  ),
              ]),
        ...(kpis.includes("rebuffer")
            ? [
                  problem(
                      "kpis",
                      "rebuffer is reported by players, and responses to mirrored requests reach no player",
                      "Remove rebuffer.",
                  ),
              ]
            : []),
    ];
}

/** Synthetic load must be harmless and allowed: a GET request that the port offers. */
function load(where: string, name: string, { rollout, port, portName }: RolloutTarget): Problem[] {
    if (rollout.load === undefined) return [];
    const { path } = rollout.load;
    const problem = (field: string, message: string, remedy: string): Problem => ({
        rule: "rollout-load",
        where: `${where}.${field}`,
        message,
        remedy,
    });
    const problems: Problem[] = [];
    if (port.protocol !== "http") {
        const remedy = `Remove load, or set rollout.port to an HTTP port: the load consists of GET requests.`;
        return [
            ...problems,
            problem("path", `the port ${portName} of ${name} has the protocol ${port.protocol}`, remedy),
        ];
    }
    const reads = port.requests.filter((request) => requestLine(request).verb === "GET");
    if (!isPath(path) || /[{}']/.test(path) || !offers(port, `GET ${path}`)) {
        const remedy =
            reads.length > 0
                ? `Use a path without placeholders that matches one of: ${list(reads)}.`
                : `Remove load: the port ${portName} offers no GET request.`;
        problems.push(problem("path", `GET ${path} is not a request that ${name} offers`, remedy));
    }
    return problems;
}

function repeatedKpis(where: string, { kpis = [] }: RolloutPolicy): Problem[] {
    return repeated(kpis).map((kpi) => ({
        rule: "rollout-kpi",
        where: `${where}.kpis`,
        message: `${kpi} is listed more than once`,
        remedy: "Remove the duplicate.",
    }));
}
