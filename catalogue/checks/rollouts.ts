/** How new versions come to their users. */

import type { Catalogue, Service } from "../model";
import { sortedEntries } from "../order";
import { type RolledOut, type Rollout, rolloutOf } from "../rollout";
import { offers } from "../query";
import { isPath, requestLine } from "../requests";
import { didYouMean, list, type Problem, repeated } from "./problem";
import { unknownCase } from "../never";

/** Rollouts that no port can carry, and figures that are none. */
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
            ...figures(where, rollout),
        ];
    });
}

function noPort(where: string, name: string, { ports }: Service, { port }: Rollout): Problem[] {
    const known = sortedEntries(ports).flatMap(([own, { protocol }]) => (protocol === "tcp" ? [] : [own]));
    if (known.length === 0) {
        return [
            {
                rule: "rollout-unreadable",
                where,
                message: `${name} has TCP ports alone, on which the mesh sees no requests to share out`,
                remedy: "Remove its rollout.",
            },
        ];
    }
    return [
        {
            rule: "rollout-port",
            where: `${where}.port`,
            message: `${name} has no port ${port ?? ""} on which the mesh sees requests`,
            remedy: didYouMean(port ?? "", known, `It has ${list(known)}.`),
        },
    ];
}

function strategy(where: string, { rollout, port, portName }: RolledOut): Problem[] {
    switch (rollout.strategy) {
        case "progressive": {
            const { steps = [] } = rollout;
            const rising = steps.every((step, position) => step > (steps[position - 1] ?? 0));
            if (rising) return [];
            return [
                {
                    rule: "rollout-steps",
                    where: `${where}.steps`,
                    message: `${list(steps.map(String)) || "nothing"} is no way from none to all`,
                    remedy: "List whole percentages from 1 to 99, each more than the one before: [5, 10, 25, 50].",
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

/** A version that gets everything at once is judged before that, by copies of what the old one is asked. */
function mirrored(
    where: string,
    { mirror, kpis = [] }: Extract<Rollout, { strategy: "blue-green" }>,
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
                `the port ${portName} carries WebSockets, which live on and cannot be copied`,
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
                      "without copies nobody asks the new version until everybody does, and it is judged by nothing",
                      'Set mirror: true, or use the strategy "progressive".',
                  ),
              ]),
        ...(kpis.includes("rebuffer")
            ? [
                  problem(
                      "kpis",
                      "rebuffer is what players say of what they play, and nobody plays a copy",
                      "Leave rebuffer out.",
                  ),
              ]
            : []),
    ];
}

/** What is asked without anybody wanting to know must be harmless, and let through: one request that is offered. */
function load(where: string, name: string, { rollout, port, portName }: RolledOut): Problem[] {
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
        const remedy = `Remove it, or share another port out: the load is made of GETs.`;
        return [
            ...problems,
            problem("path", `the port ${portName} of ${name} speaks ${port.protocol}`, remedy),
        ];
    }
    const reads = port.requests.filter((request) => requestLine(request).verb === "GET");
    if (!isPath(path) || /[{}']/.test(path) || !offers(port, `GET ${path}`)) {
        const remedy =
            reads.length > 0
                ? `Give one path without placeholders that one of these stands for: ${list(reads)}.`
                : `Remove it: the port ${portName} offers no GET.`;
        problems.push(problem("path", `GET ${path} is not one request that ${name} offers`, remedy));
    }
    return problems;
}

function figures(where: string, { kpis = [] }: Rollout): Problem[] {
    return repeated(kpis).map((kpi) => ({
        rule: "rollout-kpi",
        where: `${where}.kpis`,
        message: `${kpi} is named more than once`,
        remedy: "Name it once.",
    }));
}
