/**
 * The objects of a stack's Helm releases. Pulumi's engine passes only the release and its values to policies; here the
 * chart is templated, and its objects are evaluated as children of the release.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { limited } from "../../../local/engine/limit";
import { releaseInputs, RELEASE } from "../../../local/engine/packaged";
import { type ReleaseRequest, requestOf } from "../../../local/engine/resource";
import type { KubeObject } from "../../../local/lib/kube-object";
import { type ChartTools, type PinnedChart, storedChartTools } from "../../../local/toolchain";
import { PROJECT_FOLDER } from "../../lib/checkout";
import { type EvaluatedResource } from "../protocol";
import { cacheFolder, template } from "./template";

const REMOTE = /^(oci|https?):\/\//;

/** Concurrent helm processes. */
const MAX_CONCURRENT = 2;

/** A chart that cannot be templated on this machine. */
export interface UnevaluatedChart {
    /** `kube-prometheus-stack 88.5.3` */
    readonly chart: string;
    readonly reason: string;
}

export interface ChartObjects {
    readonly objects: readonly EvaluatedResource[];
    /** The number of templated releases. */
    readonly templated: number;
    /** `cert-manager v1.11.5 in place of v1.21.2` */
    readonly replaced: readonly string[];
    readonly unevaluated: readonly UnevaluatedChart[];
    /** Releases that helm fails to template with their values: they would fail to deploy as well. */
    readonly failed: readonly { readonly release: EvaluatedResource; readonly reason: string }[];
}

type Outcome =
    | { readonly is: "templated"; readonly objects: readonly EvaluatedResource[]; readonly replaced?: string }
    | ({ readonly is: "unjudged" } & UnevaluatedChart)
    | { readonly is: "failed"; readonly release: EvaluatedResource; readonly reason: string };

const ABSENT = "the chart is not on this machine";

const NO_HELM = "the toolchain's helm is not on this machine (`make up` builds it)";

interface Options {
    /** Called with each object of a chart. */
    readonly onObject?: (resource: EvaluatedResource) => void;
    /** @default the toolchain's cache */
    readonly tools?: Promise<ChartTools | undefined>;
    /** Cache folder for templated charts. @default in the user's cache */
    readonly cache?: string;
}

/** Templates the chart of each release, while the program registers further resources. */
export class Charts {
    private readonly outcomes: Promise<Outcome>[] = [];
    private readonly onObject: (resource: EvaluatedResource) => void;
    private readonly tools: Promise<ChartTools | undefined>;
    private readonly made: (helm: string, release: ReleaseRequest) => Promise<readonly KubeObject[]>;

    constructor({
        onObject = () => undefined,
        tools = storedChartTools(),
        cache = cacheFolder(),
    }: Options = {}) {
        this.onObject = onObject;
        this.tools = tools;
        this.made = limited(MAX_CONCURRENT, (helm, release) => template(helm, release, cache));
    }

    take(resource: EvaluatedResource): void {
        if (resource.type === RELEASE) this.outcomes.push(this.outcomeOf(resource));
    }

    async end(): Promise<ChartObjects> {
        const outcomes = await Promise.all(this.outcomes);
        return {
            objects: outcomes.flatMap((one) => (one.is === "templated" ? one.objects : [])),
            templated: outcomes.filter(({ is }) => is === "templated").length,
            replaced: outcomes.flatMap((one) => (one.is === "templated" ? (one.replaced ?? []) : [])),
            unevaluated: outcomes.flatMap((one) =>
                one.is === "unjudged" ? [{ chart: one.chart, reason: one.reason }] : [],
            ),
            failed: outcomes.filter((one) => one.is === "failed"),
        };
    }

    private async outcomeOf(resource: EvaluatedResource): Promise<Outcome> {
        const tools = await this.tools;
        const { chart = "", version = "" } = resource.properties as { chart?: string; version?: string };
        const named = `${nameOf(chart)} ${version}`.trim();
        if (tools === undefined) return { is: "unjudged", chart: named, reason: NO_HELM };
        let release: ReleaseRequest;
        try {
            release = releaseOf(resource);
        } catch (error) {
            return { is: "unjudged", chart: named, reason: (error as Error).message };
        }
        const at = chartOf(release, tools.charts);
        if (at === undefined) return { is: "unjudged", chart: named, reason: ABSENT };
        try {
            const objects = await this.made(tools.helm, { ...release, chart: at.folder });
            const children = objects.map((object) => childOf(resource, object));
            children.forEach(this.onObject);
            const replaced =
                at.version === undefined || version === "" || fits(at.version, version)
                    ? undefined
                    : at.version;
            return {
                is: "templated",
                objects: children,
                ...(replaced === undefined
                    ? {}
                    : { replaced: `${nameOf(chart)} ${replaced} in place of ${version}` }),
            };
        } catch (error) {
            return { is: "failed", release: resource, reason: (error as Error).message };
        }
    }
}

/** @throws UnsupportedError for options that change a release's objects, such as a postrenderer */
function releaseOf({ type, name, properties }: EvaluatedResource): ReleaseRequest {
    const inputs = releaseInputs({ type, inputs: properties }) ?? properties;
    const request = requestOf({ type, name, custom: true, protect: false, inputs });
    if (request.is !== "release") throw new Error(`${type} is not a Helm release`);
    return request.release;
}

/**
 * The chart's folder if it exists, else the toolchain's chart of that name: some stacks name folders that only `make
 * up` creates.
 */
function chartOf(
    { chart, repository }: ReleaseRequest,
    pinned: readonly PinnedChart[],
): { readonly folder: string; readonly version?: string } | undefined {
    const folder = resolve(PROJECT_FOLDER, chart);
    if (repository === undefined && !REMOTE.test(chart) && existsSync(join(folder, "Chart.yaml")))
        return { folder };
    return pinned.find(({ name }) => name === nameOf(chart));
}

/** A development version matches every release of its line: `1.31-dev` matches 1.31.1. */
function fits(pinned: string, version: string): boolean {
    const line = pinned.replace(/-dev$/, "");
    return pinned === version || (line !== pinned && version.startsWith(`${line}.`));
}

function nameOf(chart: string): string {
    return chart.replace(/\/+$/, "").split("/").at(-1) ?? chart;
}

/** As the engine would register it if the chart were a component. */
function childOf(release: EvaluatedResource, object: KubeObject): EvaluatedResource {
    const { apiVersion, kind, metadata } = object;
    const version = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    const type = `kubernetes:${version}:${kind}`;
    const name = `${release.name}/${metadata.namespace ?? ""}/${metadata.name}`;
    const parent = release.urn.slice(0, release.urn.lastIndexOf("::"));
    const { provider } = release;
    return {
        urn: `${parent}$${type}::${name}`,
        type,
        name,
        properties: object,
        outputs: {},
        ...(provider === undefined ? {} : { provider }),
    };
}
